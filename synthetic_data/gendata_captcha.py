"""Draws short printed strings for MicroOCR and scene text: plain, captchas, complex backgrounds, Chinese.

Images and manifest.csv under synthetic_data/<task>; the first --test of them are fold 0, which a config with fold=0
validates on. Fonts: python synthetic_data/get_fonts.py --set printed (or chinese); plain and captcha do with DejaVu.
"""

import sys

from chuviet.commands.synthesis import printed_main

if __name__ == "__main__":
    sys.exit(printed_main(__doc__))
