"""Run everything that is checked: style, types, the arrows between the rooms, and the whole test suite. Takes
pytest's own arguments.

./lotproof test                         all of it
./lotproof test tests/verifier -k note  a part
"""

import argparse
import os
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PASSES_ON = True
KEPT = {"LOTPROOF_PG_BIN", "LOTPROOF_ANVIL_BIN"}


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.usage = "./lotproof test [pytest's arguments]"


def run(options: argparse.Namespace) -> None:
    """Become pytest, in an environment in which nothing points to a stack that somebody runs."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("LOTPROOF_") or k in KEPT}
    os.chdir(ROOT)
    sys.stdout.flush()
    # a file stays with one worker, for the sake of what it starts only once; the order is that of the folders
    pytest = [sys.executable, "-P", "-m", "pytest", "-n", "2", "--dist", "loadfile", "--no-loadscope-reorder"]
    os.execve(sys.executable, [*pytest, *options.rest], environment)  # noqa: S606 - no shell is what we want
