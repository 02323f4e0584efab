"""python train.py -C NAME [a.b=value ...]: one run of a config; the same as `chuviet train`."""

import sys

from chuviet.cli import main

if __name__ == "__main__":
    sys.exit(main(["train", *sys.argv[1:]]))
