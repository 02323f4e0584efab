"""Draws scenes and receipts with many words, for text detectors: JPEGs, label.txt (tsv + json) and gt.mat (SynthText).

See docs/synthetic.md.
"""

import sys

from chuviet.commands.synthesis import pages_main

if __name__ == "__main__":
    sys.exit(pages_main(__doc__))
