"""Draws lines of verse: images and manifest.csv under synthetic_data/poems (with --words: short pieces, under
.../poems_words).
"""

import sys

from chuviet.commands.synthesis import lines_main
from chuviet.synth.corpus import Verse, load_poems

if __name__ == "__main__":
    sys.exit(
        lines_main(
            __doc__,
            source="poems",
            corpus="synthetic_data/poems_dataset.csv",
            about="CSV title,content; when absent, lines of syllables built from onset, rime and tone",
            load=lambda path, args: Verse(load_poems(path) if path else (), args.tone_placement == "old"),
        )
    )
