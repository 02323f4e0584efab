"""Draws pages for text detectors: JPEGs, label.txt (tsv + json) and gt.mat (SynthText), and words.txt where words are
known. Scenes, receipts, handwritten letters, forms, documents, and pictures without text.

See docs/synthetic.md.
"""

import sys

from chuviet.commands.pages_synthesis import pages_main

if __name__ == "__main__":
    sys.exit(pages_main(__doc__))
