"""`python -m socialgraph.local_stack up …` and `… test …`, for scripts/up and scripts/test."""

import sys

from socialgraph.local_stack import checks, up

COMMANDS = {"up": up.main, "test": checks.main}

if __name__ == "__main__":
    sys.exit(COMMANDS[sys.argv[1]](sys.argv[2:]))
