"""Trains on a machine with a GPU but without a network: pack here, prepare and train there, unpack here.

    python remote/box.py pack handwriting lines --data DATA         here: remote/box/{wheels,fonts,texts,real_lines ...}
    python remote/box.py prepare handwriting lines                  there: wheels, fonts, data, drawn sets
    python remote/box.py train b2_256_ptr_f5 train.epochs=8         there: goes on from a checkpoint if there is one
    python remote/box.py collect OUT b2_256_ptr_f5 b2_256_f5        there: weights and records in files of 15 MB
    python remote/box.py unpack OUT                                 here: back to outputs/

The box (remote/box/, ignored by git) holds what a bare machine with PyTorch lacks; it and the checkout are all that
travels. Its folders can travel one after another. Of a run that still goes on `collect` takes the averaged weights of
its last checkpoint (`train.checkpoint_minutes`). Every step can be tried on one machine, in a clone of its own.
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
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BOX = ROOT / "remote" / "box"
SITE, DATA = BOX / "site", BOX / "data"
WHEELS = """albumentations albucore stringzilla simsimd pydantic pydantic-core annotated-types typing-inspection
    editdistance vietnam-provinces captcha shapely""".split()
PLATFORMS = [f"manylinux_2_{n}_x86_64" for n in (28, 27, 24, 17)] + ["manylinux2014_x86_64", "manylinux1_x86_64"]
PART = 15_000_000  # bytes of a file that comes back
UNFINISHED = "unfinished.safetensors"  # the moving average of a run that still goes on
PICTURES = (".jpg", ".jpeg", ".png")
AT_ONCE = 4  # commands that draw

_ICDAR = "icdar2015/text_localization/"

#: What travels, each in a folder of the box: files and folders below DATA. Fonts are folders of the root.
ITEMS: dict[str, tuple[str, ...]] = {
    "fonts": (),
    "fonts_printed": (),
    "real_lines": ("vi_handwriting",),
    "texts": ("vietnam_dataset", "vi_admin_2025", "vi_text", "poems"),
    "words": ("scene_words",),
    "receipts": ("sroie", "sroie_more"),
    "wills": ("pages_wills",),
    "photos": tuple(_ICDAR + name for name in ("icdar_c4_train_imgs", "train_icdar2015_label.txt", "ch4_val_imgs",
                                               "val_icdar2015_label.txt")),
}  # fmt: skip
PER_FAMILY = {"fonts": 99, "fonts_printed": 2}  # fonts of a family, at most

_LINES = "DATA/vi_handwriting/train_folds.csv"
_SENTENCES = "--text DATA/vi_text/law.txt DATA/vi_text/wiki.txt --corpus DATA/vietnam_dataset"
_TEXT = f"{_SENTENCES} --wards DATA/vi_admin_2025/wards.tsv --verse DATA/poems/poems_dataset.csv --seed 1"
_PAGES = f"gendata_pages.py {_SENTENCES} --seed 1"


@dataclass(frozen=True)
class Part:
    """What one kind of training needs: items of the box, and the commands that draw its sets.

    `draw` are programs of synthetic_data/, one a line, in any order; `then` are programs of the root, after them, in
    their order. {n} stands for --scale times n.
    """

    items: tuple[str, ...]
    draw: str
    then: str = ""


PARTS = {
    "handwriting": Part(
        items=("fonts", "real_lines", "texts"),
        draw=f"""
        gendata_address.py --words --count {{30000}} --seed 1 --corpus DATA/vietnam_dataset
        gendata_poems.py --words --count {{12000}} --seed 1 --corpus DATA/poems/poems_dataset.csv
        gendata_address.py --count {{60000}} --seed 1 --corpus DATA/vietnam_dataset
        gendata_poems.py --count {{24000}} --seed 1 --corpus DATA/poems/poems_dataset.csv
        gendata_aug.py --data {_LINES} --copies {{10}}
        gendata_join.py --data {_LINES} -w vi_line_ptr --count {{30000}}""",
        then=f"prepare_ext_data.py --train {_LINES} --out train_ext3.csv",
    ),
    "lines": Part(
        items=("fonts", "fonts_printed", "real_lines", "texts"),
        draw=f"""
        gendata_text.py {_TEXT} --count {{120000}}
        gendata_text.py {_TEXT} --count {{30000}} --printed
        gendata_address.py --count {{60000}} --seed 1 --corpus DATA/vietnam_dataset
        gendata_join.py --data {_LINES} -w vi_line_ptr --count {{30000}}
        gendata_join.py --data {_LINES} -w vi_line_ptr --count {{8000}} --background white \
            --out synthetic_data/joined_white""",
        then=f"prepare_ext_data.py --train {_LINES} --out train_ext3.csv",
    ),
    "page_lines": Part(
        items=("receipts", "wills"),
        draw="""
        gendata_pagelines.py --pages DATA/pages_wills/label.txt
        gendata_pagelines.py --pages DATA/sroie/train_label.txt --source receipts
        gendata_pagelines.py --pages training_data/sroie_more/other_shops.txt --source receipts_more""",
        then=f"prepare_ext_data.py --train {_LINES} --out train_ext3.csv",
    ),
    "scene": Part(
        items=("fonts_printed", "words"),
        draw="""
        gendata_captcha.py --task scene --words DATA/words.txt --count {200000} --test 0 --seed 2 \
            --out synthetic_data/scene_dictionary
        gendata_captcha.py --task scene --words DATA/scene_words/train.txt --count {80000} --test 0
        gendata_captcha.py --task scene --count {40000} --test 0 --seed 1 --out synthetic_data/scene_random""",
    ),
    "pages": Part(
        items=("fonts_printed", "photos", "receipts", "texts"),
        draw="""
        gendata_pages.py --count {10000} --seed 1 --corpus DATA/vietnam_dataset
        gendata_pages.py --kind receipt --count {2000} --seed 1 --corpus DATA/vietnam_dataset""",
    ),
    "lines_and_words": Part(
        items=("fonts", "fonts_printed", "real_lines", "texts", "receipts", "wills", "photos"),
        draw=f"""
        {_PAGES} --kind letter --count {{900}} --lines {_LINES} --fold 0
        {_PAGES} --kind document --count {{600}}
        {_PAGES} --kind scene --count {{900}} --out synthetic_data/pages_scene
        {_PAGES} --kind receipt --count {{300}}
        {_PAGES} --kind form --count {{300}}
        {_PAGES} --kind negative --count {{300}}""",
    ),
}


def pack(args: argparse.Namespace) -> None:
    wheels = BOX / "wheels"
    if not wheels.exists():
        lines = (ROOT / "requirements.txt").read_text().splitlines()
        pins = [line.removesuffix(" \\").split(" ;")[0] for line in lines if "==" in line and line[0] not in " #"]
        pinned = dict(pin.split("==") for pin in pins)
        platforms = [option for p in PLATFORMS for option in ("--platform", p)]
        names = [f"{n}=={pinned[n].strip()}" for n in WHEELS]
        run(sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary=:all:", "--implementation", "cp",
            "--python-version", args.python, *platforms, "-d", wheels, *names)  # fmt: skip
    for name in items_of(args.parts):
        folder = BOX / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        if name in PER_FAMILY:
            with tarfile.open(folder / "fonts.tar.xz", "w:xz") as tar:
                for family in sorted(p for p in (ROOT / name).iterdir() if p.is_dir()):
                    for font in sorted(family.glob("*.[to]tf"))[: PER_FAMILY[name]]:
                        tar.add(font, font.relative_to(ROOT))
            continue
        with tarfile.open(folder / "data.tar.xz", "w:xz") as tar:
            wanted = [args.data / path for path in ITEMS[name]]
            for path in sorted(f for p in wanted for f in (p, *p.rglob("*")) if f.is_file()):
                add_file(tar, path, path.relative_to(args.data).as_posix(), args.quality)
            if name == "words":
                add_file(tar, args.words, "words.txt", args.quality)
    sizes = {p.name: sum(f.stat().st_size for f in p.rglob("*")) for p in sorted(BOX.iterdir())}
    print(", ".join(f"{BOX.relative_to(ROOT)}/{name}: {size / 1e6:.1f} MB" for name, size in sizes.items()))
    print(f"next, on the other machine: python remote/box.py prepare {' '.join(args.parts)}")


def items_of(parts: list[str]) -> list[str]:
    """The items that the parts need, each once."""
    return list(dict.fromkeys(item for name in parts for item in PARTS[name].items))


def add_file(tar: tarfile.TarFile, path: Path, name: str, quality: int) -> None:
    """The file as it is, a picture as a WebP of `quality` where that is smaller (under its old name, for what a picture
    is its first bytes say).
    """
    from PIL import Image

    data = path.read_bytes()
    if path.suffix.lower() in PICTURES:
        smaller = io.BytesIO()
        with Image.open(path) as image:
            image.convert("RGB").save(smaller, "WEBP", quality=quality)
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
    for name in items_of(args.parts):
        with tarfile.open(next((BOX / name).glob("*.tar.xz"))) as tar:
            tar.extractall(ROOT if name in PER_FAMILY else DATA, filter="data")
    python("remote/box.py", "divide")
    with ThreadPoolExecutor(AT_ONCE) as pool:  # the programs draw on all cores, but each has its own start
        lines = dict.fromkeys(line for name in args.parts for line in commands(PARTS[name].draw))
        list(pool.map(lambda line: draw(line, args.scale), lines))
    for line in dict.fromkeys(line for name in args.parts for line in commands(PARTS[name].then)):
        python(*words_of(line, args.scale))


def commands(lines: str) -> list[str]:
    return [line.strip() for line in lines.strip().splitlines() if line.strip()]


def draw(line: str, scale: float) -> None:
    python(*words_of(f"synthetic_data/{line} --workers {os.cpu_count()}", scale))


def words_of(line: str, scale: float) -> list[str]:
    """The command as its words, DATA and the {n} filled in."""
    words = [str(max(int(int(w[1:-1]) * scale), 1)) if w[0] == "{" else w for w in shlex.split(line)]
    return [w.replace("DATA", str(DATA)) for w in words]


def divide(_: argparse.Namespace) -> None:
    """training_data/: receipts of shops that `sroie/val_label.txt` does not have, wills to train and to test on.

    As docs/recipes.md makes them; needs the items that have come so far alone.
    """
    from chuviet.data.page_lines import is_held_out

    receipts, wills = DATA / "sroie_more", DATA / "pages_wills"
    if receipts.exists():
        known = (receipts / "shares_shop_with_val.txt").read_text().split()
        rows = (receipts / "train_label.txt").read_text().splitlines(keepends=True)
        write_part(receipts, "sroie_more/other_shops.txt", [r for r in rows if r.split("\t")[0] not in known])
    if wills.exists():
        rows = (wills / "label.txt").read_text().splitlines(keepends=True)
        for part, held in (("train", False), ("test", True)):
            write_part(wills, f"pages_wills/{part}.txt", [r for r in rows if is_held_out(r.split("\t")[0]) == held])


def write_part(source: Path, name: str, rows: list[str]) -> None:
    path = ROOT / "training_data" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(rows))
    if not (images := path.parent / "images").exists():
        images.symlink_to(source / "images")


def train(args: argparse.Namespace) -> None:
    begun = any((ROOT / "outputs" / Path(args.config).stem).glob("fold*/checkpoint.pt"))
    python("train.py", "-C", args.config, f"resume={str(begun).lower()}", *args.overrides)


def collect(args: argparse.Namespace) -> None:
    out = Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    folders = [f for name in args.configs for f in sorted((ROOT / "outputs" / name).glob("fold*")) if f.is_dir()]
    for folder in folders:
        if (folder / "checkpoint.pt").exists() and not (folder / "weights.safetensors").exists():
            python("-m", "chuviet", "pack", folder, "--out", folder / UNFINISHED)
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for path in (f for folder in folders for f in sorted(folder.iterdir())):
            if path.name in ("weights.safetensors", UNFINISHED, "config.json", "metrics.jsonl", "oof.csv"):
                tar.add(path, path.relative_to(ROOT))
    for folder in folders:
        (folder / UNFINISHED).unlink(missing_ok=True)  # the next call has newer ones, or the run's own
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
    p.add_argument("--quality", type=int, default=80, help="WebP quality where that makes a file smaller")
    p.add_argument("--python", default="3.12", help="of the other machine")
    p.set_defaults(step=pack)
    p = steps.add_parser("prepare")
    p.add_argument("parts", nargs="+", choices=PARTS)
    p.add_argument("--scale", type=float, default=1.0, help="of the drawn sets; 0.001 for a trial")
    p.set_defaults(step=prepare)
    p = steps.add_parser("divide", help="what `prepare` does with labels; needs the package importable")
    p.set_defaults(step=divide)
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
