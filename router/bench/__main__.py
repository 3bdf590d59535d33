"""`python -m router.bench`: the same as `alertveil bench`."""

import sys

from router.bench import main

if __name__ == "__main__":
    sys.exit(main())
