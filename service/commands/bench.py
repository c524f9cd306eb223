"""Measure everything beside what a user would pick instead: ./lotproof bench [--quick] [PART ...]"""

import argparse
import os
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PASSES_ON = True


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.usage = "./lotproof bench [--quick] [PART ...]"


def run(options: argparse.Namespace) -> None:
    """Become the benchmark; it starts its own stack and looks at none that runs."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LOTPROOF_")}
    os.chdir(ROOT)
    os.execve(sys.executable, [sys.executable, "-P", "-m", "bench", *options.rest], environment)  # noqa: S606 - no shell is what we want
