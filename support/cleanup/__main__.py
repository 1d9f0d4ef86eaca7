"""`python -m support.cleanup`."""

import sys

from support.cli.cleanup import main

if __name__ == "__main__":
    sys.exit(main())
