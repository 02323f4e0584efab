"""Makes the sets that whole readers of pages are measured on, from rows that nothing is trained on: handwritten sheets,
printed documents, receipts, photos, wills, pictures without text, turned pages. Labels under synthetic_data/eval_pages.

See docs/synthetic.md.
"""

import sys

from chuviet.commands.page_tests import page_tests_main

if __name__ == "__main__":
    sys.exit(page_tests_main(__doc__))
