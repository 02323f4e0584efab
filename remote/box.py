"""Trains on a machine with a GPU but without a network: pack here, prepare and train there, unpack here.

    python remote/box.py pack --data DATA/train_folds.csv --images DATA/images --gazetteer DIR --poems CSV
    python remote/box.py prepare                                   there: wheels, fonts, data, drawn lines
    python remote/box.py train b2_256_ptr_f5 train.epochs=8        there: goes on from a checkpoint if there is one
    python remote/box.py collect OUT b2_256_ptr_f5 b2_256_f5       there: weights and records in files of 15 MB
    python remote/box.py unpack OUT                                here: back to outputs/

The box (remote/box/, ignored by git) holds what a bare machine with PyTorch lacks; it and the checkout are all that
travels. Every step can be tried on one machine.
"""

import argparse
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BOX = ROOT / "remote" / "box"
SITE = BOX / "site"
WHEELS = """albumentations albucore stringzilla simsimd pydantic pydantic-core annotated-types typing-inspection
    editdistance vietnam-provinces captcha""".split()
PLATFORMS = [f"manylinux_2_{n}_x86_64" for n in (28, 27, 24, 17)] + ["manylinux2014_x86_64", "manylinux1_x86_64"]
PART = 15_000_000  # bytes of a file that comes back


def pack(args: argparse.Namespace) -> None:
    shutil.rmtree(BOX, ignore_errors=True)
    (BOX / "wheels").mkdir(parents=True)
    pinned = dict(line.split(" ;")[0].split("==") for line in (ROOT / "requirements.txt").read_text().splitlines()
                  if "==" in line and not line.startswith((" ", "#")))  # fmt: skip
    platforms = [option for p in PLATFORMS for option in ("--platform", p)]
    names = [f"{n}=={pinned[n].strip()}" for n in WHEELS]
    run(sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary=:all:", "--implementation", "cp",
        "--python-version", args.python, *platforms, "-d", BOX / "wheels", *names)  # fmt: skip
    with tarfile.open(BOX / "fonts.tar.xz", "w:xz") as tar:
        tar.add(args.fonts, "fonts")
    with tarfile.open(BOX / "data.tar", "w") as tar:
        tar.add(args.data, "data/train_folds.csv")
        for path in sorted(Path(args.images).rglob("*.jpg")):
            add_picture(tar, path, f"data/images/{path.relative_to(args.images).as_posix()}", args.quality)
        for source, name in ((args.gazetteer, "vietnam_dataset"), (args.poems, "poems_dataset.csv")):
            if source:
                tar.add(source, f"synthetic_data/{name}")
    total = sum(p.stat().st_size for p in BOX.rglob("*") if p.is_file())
    print(f"{BOX.relative_to(ROOT)}: {total / 1e6:.1f} MB; next, on the other machine: python remote/box.py prepare")


def add_picture(tar: tarfile.TarFile, path: Path, name: str, quality: int) -> None:
    """The picture as a JPEG of `quality`, if that is smaller than the file."""
    from PIL import Image

    data, smaller = path.read_bytes(), io.BytesIO()
    with Image.open(path) as image:
        image.convert("RGB").save(smaller, "JPEG", quality=quality)
    data = min(data, smaller.getvalue(), key=len)
    info = tarfile.TarInfo(name)
    info.size = len(data)
    tar.addfile(info, io.BytesIO(data))


def prepare(args: argparse.Namespace) -> None:
    wheels = sorted((BOX / "wheels").glob("*.whl"))
    if not SITE.exists():
        SITE.mkdir()
        for wheel in wheels:  # no wheel of these has anything to run at installing
            with zipfile.ZipFile(wheel) as archive:
                archive.extractall(SITE)
    for name in ("fonts.tar.xz", "data.tar"):
        with tarfile.open(BOX / name) as tar:
            tar.extractall(BOX, filter="data")
    n = args.count
    fonts, lines = ("--fonts", BOX / "fonts"), BOX / "synthetic_data"
    corpora = {"address": lines / "vietnam_dataset", "poems": lines / "poems_dataset.csv"}
    for source, share in (("address", 1.0), ("poems", 0.4)):
        corpus = ("--corpus", corpora[source]) if corpora[source].exists() else ()
        script = f"synthetic_data/gendata_{source}.py"
        python(script, *fonts, *corpus, "--count", int(n * share), "--seed", 1, "--out", BOX / "drawn" / source)
        words = ("--words", "--out", BOX / "drawn" / f"{source}_words")
        python(script, *fonts, *corpus, "--count", int(n * share / 2), "--seed", 1, *words)
    data = BOX / "data" / "train_folds.csv"
    python("synthetic_data/gendata_aug.py", "--data", data, "--copies", args.copies, "--out", BOX / "drawn" / "aug")
    manifests = sorted((BOX / "drawn").glob("*/manifest.csv"))
    python("prepare_ext_data.py", "--train", data, "--manifests", *manifests, "--out", BOX / "train_ext3.csv")


def train(args: argparse.Namespace) -> None:
    begun = any((ROOT / "outputs" / args.config).glob("fold*/checkpoint.pt"))
    python(
        "train.py",
        "-C",
        args.config,
        f"data.csv={BOX / 'train_ext3.csv'}",
        f"resume={str(begun).lower()}",
        *args.overrides,
    )


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
    env = os.environ | {"PYTHONPATH": os.pathsep.join(p for p in paths if p)}
    print("$", *command, flush=True)
    if code := subprocess.run(list(map(str, command)), cwd=ROOT, env=env, check=False).returncode:
        sys.exit(code)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    steps = parser.add_subparsers(required=True)
    p = steps.add_parser("pack")
    p.add_argument("--data", type=Path, required=True, help="img_path,text,writer_id,fold")
    p.add_argument("--images", type=Path, required=True, help="folder that its img_path are below")
    p.add_argument("--fonts", type=Path, default=ROOT / "fonts")
    p.add_argument("--gazetteer", type=Path, help="folder of the vietnam_dataset")
    p.add_argument("--poems", type=Path, help="CSV title,content")
    p.add_argument("--quality", type=int, default=80, help="JPEG quality where that makes a file smaller")
    p.add_argument("--python", default="3.12", help="of the other machine")
    p.set_defaults(step=pack)
    p = steps.add_parser("prepare")
    p.add_argument("--count", type=int, default=60_000, help="drawn address lines; others in proportion")
    p.add_argument("--copies", type=int, default=10, help="distorted copies of every real line")
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
