"""Trains on a machine with a GPU but without a network: pack here, prepare and train there, unpack here.

    python remote/box.py pack handwriting scene pages --data DATA   here: remote/box/{wheels,handwriting,scene,pages}
    python remote/box.py prepare handwriting scene pages            there: wheels, fonts, data, drawn sets
    python remote/box.py train b2_256_ptr_f5 train.epochs=8         there: goes on from a checkpoint if there is one
    python remote/box.py collect OUT b2_256_ptr_f5 b2_256_f5        there: weights and records in files of 15 MB
    python remote/box.py unpack OUT                                 here: back to outputs/

The box (remote/box/, ignored by git) holds what a bare machine with PyTorch lacks; it and the checkout are all that
travels. Its parts can travel one after another. Every step can be tried on one machine, in a clone of its own.
"""

import argparse
import io
import json
import os
import shlex
import shutil
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BOX = ROOT / "remote" / "box"
SITE, DATA = BOX / "site", BOX / "data"
WHEELS = """albumentations albucore stringzilla simsimd pydantic pydantic-core annotated-types typing-inspection
    editdistance vietnam-provinces captcha shapely""".split()
PLATFORMS = [f"manylinux_2_{n}_x86_64" for n in (28, 27, 24, 17)] + ["manylinux2014_x86_64", "manylinux1_x86_64"]
PART = 15_000_000  # bytes of a file that comes back
PICTURES = (".jpg", ".jpeg", ".png")


@dataclass(frozen=True)
class Part:
    """What one kind of training needs: folders and files below DATA, fonts, and the commands that draw its sets."""

    data: tuple[str, ...]
    fonts: str  # folder of the root
    per_family: int  # fonts of a family, at most
    draw: str  # a command a line; {n} stands for --scale times n


PARTS = {
    "handwriting": Part(
        data=("vi_handwriting", "vietnam_dataset", "poems"),
        fonts="fonts",
        per_family=99,
        draw="""
        synthetic_data/gendata_address.py --words --count {30000} --seed 1 --corpus DATA/vietnam_dataset
        synthetic_data/gendata_poems.py --words --count {12000} --seed 1 --corpus DATA/poems/poems_dataset.csv
        synthetic_data/gendata_address.py --count {60000} --seed 1 --corpus DATA/vietnam_dataset
        synthetic_data/gendata_poems.py --count {24000} --seed 1 --corpus DATA/poems/poems_dataset.csv
        synthetic_data/gendata_aug.py --data DATA/vi_handwriting/train_folds.csv --copies {10}
        synthetic_data/gendata_join.py --data DATA/vi_handwriting/train_folds.csv -w vi_line_ptr --count {30000}
        prepare_ext_data.py --train DATA/vi_handwriting/train_folds.csv --out train_ext3.csv""",
    ),
    "scene": Part(
        data=("scene_words",),
        fonts="fonts_printed",
        per_family=2,
        draw="""
        synthetic_data/gendata_captcha.py --task scene --words DATA/words.txt --count {200000} --test 0 --seed 2 \
            --out synthetic_data/scene_dictionary
        synthetic_data/gendata_captcha.py --task scene --words DATA/scene_words/train.txt --count {80000} --test 0
        synthetic_data/gendata_captcha.py --task scene --count {40000} --test 0 --seed 1 \
            --out synthetic_data/scene_random""",
    ),
    "pages": Part(
        data=(
            *(
                f"icdar2015/text_localization/{name}"
                for name in (
                    "icdar_c4_train_imgs",
                    "train_icdar2015_label.txt",
                    "ch4_val_imgs",
                    "val_icdar2015_label.txt",
                )
            ),
            "sroie",
            "vietnam_dataset",
        ),
        fonts="fonts_printed",
        per_family=1,
        draw="""
        synthetic_data/gendata_pages.py --count {10000} --seed 1 --corpus DATA/vietnam_dataset
        synthetic_data/gendata_pages.py --kind receipt --count {2000} --seed 1 --corpus DATA/vietnam_dataset""",
    ),
}


def pack(args: argparse.Namespace) -> None:
    wheels = BOX / "wheels"
    if not wheels.exists():
        pinned = dict(line.split(" ;")[0].split("==") for line in (ROOT / "requirements.txt").read_text().splitlines()
                      if "==" in line and not line.startswith((" ", "#")))  # fmt: skip
        platforms = [option for p in PLATFORMS for option in ("--platform", p)]
        names = [f"{n}=={pinned[n].strip()}" for n in WHEELS]
        run(sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary=:all:", "--implementation", "cp",
            "--python-version", args.python, *platforms, "-d", wheels, *names)  # fmt: skip
    for name in args.parts:
        part, folder = PARTS[name], BOX / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        with tarfile.open(folder / "fonts.tar.xz", "w:xz") as tar:
            for family in sorted(p for p in (ROOT / part.fonts).iterdir() if p.is_dir()):
                for font in sorted(family.glob("*.[to]tf"))[: part.per_family]:
                    tar.add(font, font.relative_to(ROOT))
        with tarfile.open(folder / "data.tar", "w") as tar:
            wanted = [args.data / name for name in part.data]
            for path in sorted(f for p in wanted for f in (p, *p.rglob("*")) if f.is_file()):
                add_file(tar, path, path.relative_to(args.data).as_posix(), args.quality)
            if name == "scene":
                add_file(tar, args.words, "words.txt", args.quality)
    sizes = {p.name: sum(f.stat().st_size for f in p.rglob("*")) for p in sorted(BOX.iterdir())}
    print(", ".join(f"{BOX.relative_to(ROOT)}/{name}: {size / 1e6:.1f} MB" for name, size in sizes.items()))
    print(f"next, on the other machine: python remote/box.py prepare {' '.join(args.parts)}")


def add_file(tar: tarfile.TarFile, path: Path, name: str, quality: int) -> None:
    """The file as it is, a picture as a JPEG of `quality` where that is smaller (under its old name)."""
    from PIL import Image

    data = path.read_bytes()
    if path.suffix.lower() in PICTURES:
        smaller = io.BytesIO()
        with Image.open(path) as image:
            image.convert("RGB").save(smaller, "JPEG", quality=quality)
        data = min(data, smaller.getvalue(), key=len)
    info = tarfile.TarInfo(name)
    info.size = len(data)
    tar.addfile(info, io.BytesIO(data))


def prepare(args: argparse.Namespace) -> None:
    if not SITE.exists():
        SITE.mkdir()
        for wheel in sorted((BOX / "wheels").glob("*.whl")):  # no wheel of these has anything to run at installing
            with zipfile.ZipFile(wheel) as archive:
                archive.extractall(SITE)
    for name in args.parts:
        for archive, where in (("fonts.tar.xz", ROOT), ("data.tar", DATA)):
            with tarfile.open(BOX / name / archive) as tar:
                tar.extractall(where, filter="data")
        for line in PARTS[name].draw.strip().splitlines():
            words = [str(max(int(int(w[1:-1]) * args.scale), 1)) if w[0] == "{" else w for w in shlex.split(line)]
            python(*(w.replace("DATA", str(DATA)) for w in words))


def train(args: argparse.Namespace) -> None:
    begun = any((ROOT / "outputs" / args.config).glob("fold*/checkpoint.pt"))
    python("train.py", "-C", args.config, f"resume={str(begun).lower()}", *args.overrides)


def collect(args: argparse.Namespace) -> None:
    out = Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name in args.configs:
            for path in sorted((ROOT / "outputs" / name).glob("fold*/*")):
                if path.name in ("weights.safetensors", "config.json", "metrics.jsonl", "oof.csv"):
                    tar.add(path, path.relative_to(ROOT))
    data = buffer.getvalue()
    parts = [data[i : i + PART] for i in range(0, len(data), PART)]
    for i, part in enumerate(parts):
        (out / f"runs.tar.gz.{i:02d}").write_bytes(part)
    (out / "runs.json").write_text(json.dumps({"bytes": len(data), "parts": len(parts)}))
    print(f"{out}: {len(data) / 1e6:.1f} MB in {len(parts)} files")


def unpack(args: argparse.Namespace) -> None:
    folder = Path(args.out)
    said = json.loads((folder / "runs.json").read_text())
    data = b"".join(p.read_bytes() for p in sorted(folder.glob("runs.tar.gz.*")))
    if len(data) != said["bytes"]:
        sys.exit(f"{folder}: {len(data)} bytes where {said['bytes']} are due: copy all {said['parts']} parts")
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        tar.extractall(args.into, filter="data")
        print("\n".join(sorted(tar.getnames())))


def python(*command: object) -> None:
    run(sys.executable, *command)


def run(*command: object) -> None:
    """Runs in the root with the package and the box's wheels importable; ends this program with the other's code."""
    paths = [str(ROOT / "src"), *([str(SITE)] if SITE.exists() else []), os.environ.get("PYTHONPATH", "")]
    env = os.environ | {"CHUVIET_DATA": str(DATA), "PYTHONPATH": os.pathsep.join(p for p in paths if p)}
    print("$", *command, flush=True)
    if code := subprocess.run(list(map(str, command)), cwd=ROOT, env=env, check=False).returncode:
        sys.exit(code)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    steps = parser.add_subparsers(required=True)
    p = steps.add_parser("pack")
    p.add_argument("parts", nargs="+", choices=PARTS)
    p.add_argument("--data", type=Path, required=True, help="folder with the labelled sets")
    p.add_argument(
        "--words", type=Path, default="/usr/share/dict/words", help="word list that scene words are drawn of"
    )
    p.add_argument("--quality", type=int, default=80, help="JPEG quality where that makes a file smaller")
    p.add_argument("--python", default="3.12", help="of the other machine")
    p.set_defaults(step=pack)
    p = steps.add_parser("prepare")
    p.add_argument("parts", nargs="+", choices=PARTS)
    p.add_argument("--scale", type=float, default=1.0, help="of the drawn sets; 0.001 for a trial")
    p.set_defaults(step=prepare)
    p = steps.add_parser("train")
    p.add_argument("config")
    p.add_argument("overrides", nargs="*")
    p.set_defaults(step=train)
    p = steps.add_parser("collect")
    p.add_argument("out")
    p.add_argument("configs", nargs="+")
    p.set_defaults(step=collect)
    p = steps.add_parser("unpack")
    p.add_argument("out")
    p.add_argument("--into", default=ROOT, help="folder that outputs/ is put in")
    p.set_defaults(step=unpack)
    args = parser.parse_args()
    args.step(args)


if __name__ == "__main__":
    main()
