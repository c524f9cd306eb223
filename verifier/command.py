"""What the commands have in common: how they are called, whom they ask, and how they print."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path
from typing import Any, NoReturn, TextIO

from verifier.files import content
from verifier.http import Deadline
from verifier.policy import Policy, load_policy
from verifier.rpc import RpcNode
from verifier.tiles import TileSource

MAX_POLICY = 1024 * 1024
MAX_TOKEN = 4096


class WrongUse(Exception):
    """The command cannot be carried out as it was given."""


class Parser(argparse.ArgumentParser):
    """Wrong use ends with 64, not with 2, which here means *could not check*; every option has one spelling."""

    def __init__(self, **how: Any) -> None:
        super().__init__(allow_abbrev=False, **how)

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        raise WrongUse(message)


def parser_of(name: str, description: str | None) -> Parser:
    """A parser with what every command that trusts a policy knows."""
    parser = Parser(prog=name, description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--policy", type=Path, required=True, help="what you trust, as TOML")
    parser.add_argument("--rpc", action="append", metavar="URL", help="ask this node instead of the policy's")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.add_argument("--offline", action="store_true", help="ask nobody; what the chain says stays open")
    parser.add_argument("--timeout", type=float, metavar="SECONDS", help="for all questions to the network")
    return parser


def nodes_of(policy: Policy, given: argparse.Namespace, deadline: Deadline) -> list[RpcNode]:
    urls = [] if given.offline else given.rpc or policy.rpc
    return [RpcNode(url, deadline) for url in urls]


def sources_of(policy: Policy, given: argparse.Namespace, deadline: Deadline) -> list[TileSource]:
    return [] if given.offline else [TileSource(url, deadline) for url in policy.sources]


def policy_of(path: Path) -> Policy:
    try:
        return load_policy(content(path, MAX_POLICY).decode("utf-8"))
    except UnicodeDecodeError:
        raise WrongUse(f"{path} is not UTF-8") from None


def token_of(path: Path | None) -> str | None:
    """The key in a file, without the line feed at its end; raises WrongUse."""
    if path is None:
        return None
    token = content(path, MAX_TOKEN).decode("latin-1").strip()
    if not re.fullmatch(r"[!-~]{1,4096}", token):
        raise WrongUse(f"{path} holds no key")
    return token


def show(text: str, where: TextIO | None = None) -> None:
    """Print what the terminal cannot show as an escape: one odd letter in a file must not cost the report."""
    where = where or sys.stdout
    encoding = where.encoding or "utf-8"
    print(text.encode(encoding, "backslashreplace").decode(encoding), file=where)


def printable(text: str) -> str:
    """`text` without what could rewrite a terminal: it may come out of the file that is judged."""
    return "".join(character if character.isprintable() else ascii(character)[1:-1] for character in text)
