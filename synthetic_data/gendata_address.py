"""Draws lines of Vietnamese addresses: images and manifest.csv under synthetic_data/address (with --words: short
pieces, under .../address_words).
"""

import sys

from chuviet.commands.synthesis import lines_main
from chuviet.synth.corpus import Addresses, load_wards

if __name__ == "__main__":
    sys.exit(
        lines_main(
            __doc__,
            source="address",
            corpus="synthetic_data/vietnam_dataset",
            about="folder of the vietnam_dataset; when absent, the places of the package vietnam-provinces",
            load=lambda folder, args: Addresses(load_wards(folder), cover=not args.words),
        )
    )
