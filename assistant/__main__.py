"""`python -m assistant` is the console script."""

import sys

from assistant.cli import main

sys.exit(main())
