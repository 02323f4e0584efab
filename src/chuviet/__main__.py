"""`python -m chuviet` is the command `chuviet`."""

import sys

from chuviet.cli import main

if __name__ == "__main__":
    sys.exit(main())
