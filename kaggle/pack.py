"""Packs what a Kaggle kernel needs and cannot fetch into one folder, to be uploaded as a dataset.

python kaggle/pack.py [--out outputs/kaggle]: the wheel of this checkout with the shipped weights, the configs, and the
weights that training on lines of your own starts from.
"""

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
START = "vi_line_ptr.safetensors"


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--out", type=Path, default=ROOT / "outputs" / "kaggle", help="folder, made anew")
    out = p.parse_args().out
    if out.exists() and not (out / START).is_file():
        raise SystemExit(f"{out}: is there, and was not packed by this script; name another folder")
    shutil.rmtree(out, ignore_errors=True)
    build = ["uv", "build", "--wheel", "--quiet", "--out-dir", str(out), str(ROOT)]
    subprocess.run([sys.executable, "-m", *build], check=True)
    (out / ".gitignore").unlink(missing_ok=True)  # uv's
    shutil.copytree(ROOT / "configs", out / "configs", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "weights" / START, out)
    files = [path for path in out.rglob("*") if path.is_file()]
    print(
        f"{out}: {len(files)} files, {sum(path.stat().st_size for path in files) / 1e6:.1f} MB; upload it as a dataset"
    )


if __name__ == "__main__":
    main()
