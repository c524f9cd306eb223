"""Run the embedded chain alone: Anvil, every final block on disk. For development: everybody knows its accounts."""

import argparse
from pathlib import Path

from service.local import chain


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--folder", type=Path, default=Path(".data/chain"), help="where the state is kept (.data/chain)"
    )
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (127.0.0.1)")
    parser.add_argument("--port", type=int, default=8545, help="the port to listen on (8545)")
    parser.add_argument("--heartbeat", type=float, default=30, help="seconds between blocks on an idle chain (30)")


def run(options: argparse.Namespace) -> int:
    return chain.serve(options.folder, options.host, options.port, options.heartbeat)
