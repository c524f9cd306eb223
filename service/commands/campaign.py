"""Try to break it for minutes or hours: ./lotproof campaign [--seed N] [--scale F] [NAME ...]"""

import argparse
import os
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PASSES_ON = True


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.usage = "./lotproof campaign [--seed N] [--scale F] [NAME ...]"


def run(options: argparse.Namespace) -> None:
    """Become the campaigns; they start their own stacks and look at none that runs."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LOTPROOF_")}
    os.chdir(ROOT)
    os.execve(sys.executable, [sys.executable, "-P", "-m", "tests.campaigns", *options.rest], environment)  # noqa: S606 - no shell is what we want
