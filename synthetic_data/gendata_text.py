"""Draws lines of general Vietnamese text: sentences, names, dates, sums, telephone numbers, form entries, verse,
English words, addresses of the map since July 2025, addresses whose parts don't belong together. Images and
manifest.csv under synthetic_data/text (with --printed: in printed faces, under .../text_printed).
"""

import sys

from chuviet.commands.general import text_main

if __name__ == "__main__":
    sys.exit(text_main(__doc__))
