"""Play the demo against a running service: `python -m service.demo [--base-url URL] [--operator-key-file FILE]`.

Without arguments everything is taken from the environment, as `./lotproof up --demo` gives it. Playing it again does
nothing twice. Exit code 0 if every lot was proven and every lie was caught, else 1.
"""

import argparse
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from service import settings
from service.demo import run
from service.demo.door import Refusal, Unreachable
from service.demo.judge import ToolFailed
from service.demo.play import StoryBroken
from service.demo.prove import NotFinal
from service.demo.report import say
from service.local import embedded
from service.settings import SettingsError
from verifier.policy import PolicyError


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m service.demo", description=__doc__)
    parser.add_argument("--base-url", help="where the service answers (from LOTPROOF_LISTEN)")
    parser.add_argument("--operator-key-file", type=Path, help="file with the operator's API key")
    parser.add_argument("--rpc", action="append", metavar="URL", help="the regulator's node (from the policy)")
    parser.add_argument("--folder", type=Path, help="where proofs are written (.data/demo)")
    parser.add_argument("--no-lies", action="store_true", help="do not tell the lies, which need the operator's keys")
    try:
        return 0 if run.run(_demo(parser.parse_args(arguments)), datetime.now(UTC).date()) else 1
    except (Refusal, Unreachable, StoryBroken, NotFinal, ToolFailed, PolicyError, SettingsError, OSError) as trouble:
        say(f"demo: {trouble}")
        return 1


def _demo(given: argparse.Namespace) -> run.Demo:
    """What the arguments say; what they leave open, the settings of the service that runs here."""
    try:
        here = embedded.load(("database_url", "origin", "rpc_urls", "operator_key"))
    except SettingsError:
        if not (given.base_url and given.operator_key_file):
            raise
        here = None
    key = given.operator_key_file.read_text().strip() if given.operator_key_file else here and here.operator_key
    return run.Demo(
        base_url=(given.base_url or (here and settings.local_url(here.host, here.port))).rstrip("/"),
        operator_key=key or "",
        folder=given.folder or embedded.data_folder(os.environ) / "demo",
        rpc_urls=tuple(given.rpc or (here.rpc_urls if here and not given.base_url else ())),
        operating=None if given.no_lies else here,
    )


if __name__ == "__main__":
    sys.exit(main())
