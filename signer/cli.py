"""lotproof-sign: sign for your party with a key that the service never sees.

    lotproof-sign new-key KEY.pem                        make a key; its passphrase is asked for
    lotproof-sign prove KEY.pem --party URI --origin O   what to write into a change of keys
    lotproof-sign send KEY.pem METHOD PATH [FILE]        send a request (JSON in FILE, - for stdin) and sign what it
                                                         makes, after showing it
    lotproof-sign answer KEY.pem PROBLEM.json            for a machine without a network: show what a saved 409
                                                         `sign-this` asks for, print the headers that answer it

The passphrase is read from the file in LOTPROOF_SIGN_PASSPHRASE_FILE, or asked for. Exit codes: 0 done · 1 refused (by
the service, or a statement that must not be signed) · 2 the service was not reached · 3 not approved · 64 usage.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from getpass import getpass
from pathlib import Path
from typing import Any

from signer.door import Door, NotApproved, signed_headers, wanted_of
from signer.keys import Key, NoKey, new_key, open_key
from signer.shown import Shown, Who
from verifier.command import Parser, WrongUse, printable, show, token_of
from verifier.encoding import load_json
from verifier.errors import Refuted, Unavailable
from verifier.files import content

DONE, REFUSED, NOT_REACHED, NOT_APPROVED, USAGE = 0, 1, 2, 3, 64
MOST = 4 * 1024 * 1024
PASSPHRASE = "LOTPROOF_SIGN_PASSPHRASE_FILE"  # noqa: S105 - the name of a variable


def main(argv: Sequence[str] | None = None) -> int:
    """The command line; the codes stand above."""
    try:
        given = _parser().parse_args(argv)
        return int(given.run(given))
    except Refuted as refuted:
        show(f"lotproof-sign: NOT SIGNED: {printable(str(refuted))}", sys.stderr)
        return REFUSED
    except Unavailable as away:
        show(f"lotproof-sign: {printable(str(away))}; nothing is known of it: send the same again", sys.stderr)
        return NOT_REACHED
    except NotApproved as told:
        show(f"lotproof-sign: {told}", sys.stderr)
        return NOT_APPROVED
    except (WrongUse, NoKey, OSError) as wrong:
        show(f"lotproof-sign: {wrong}", sys.stderr)
        return USAGE


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="lotproof-sign", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _command(commands, "new-key", _new_key)
    _who(_command(commands, "prove", _prove))
    send = _command(commands, "send", _send)
    send.add_argument("method", choices=["POST", "PUT", "PATCH", "DELETE"])
    send.add_argument("path", help="below the API, such as movements")
    send.add_argument("body", nargs="?", help="a file with JSON, or -")
    send.add_argument("--api", required=True, help="such as https://host/api/v1")
    send.add_argument("--api-key", required=True, type=Path, metavar="FILE", help="a file with an API key of the party")
    answer = _command(commands, "answer", _answer)
    answer.add_argument("problem", type=Path)
    for each in (send, answer):
        _who(each)
        each.add_argument("--yes", action="store_true", help="sign without asking; what is signed is still shown")
    return parser


def _command(commands: Any, name: str, run: Any) -> Any:
    parser = commands.add_parser(name)
    parser.add_argument("key", type=Path, help="the file of the key")
    parser.set_defaults(run=run)
    return parser


def _who(parser: Any) -> None:
    parser.add_argument("--party", required=True, metavar="URI", help="your party's URI")
    parser.add_argument("--origin", required=True, help="the log's origin")


def _new_key(given: argparse.Namespace) -> int:
    key = new_key(given.key, _passphrase(twice=True))
    show(f"{given.key}  kid {key.kid}\nx {key.x}\nKeep a copy of the file and of the passphrase where a fire does not"
         " find both.")  # fmt: skip
    return DONE


def _prove(given: argparse.Namespace) -> int:
    key = _key(given)
    show(json.dumps({"x": key.x, "proof": key.proof(given.origin, given.party)}))
    return DONE


def _send(given: argparse.Namespace) -> int:
    key, token = _key(given), token_of(given.api_key)
    if token is None or not given.api.startswith(("https://", "http://")):
        raise WrongUse(f"expected an address with https:// or http://, got {given.api}")
    body = None if given.body is None else _read(given.body)
    door = Door(given.api, token, _whose(given, key), key, lambda shown: _approved(shown, given.yes))
    answer = door.send(given.method, given.path, body)
    show(json.dumps(answer.body, indent=1, ensure_ascii=False, default=str))
    return DONE if 200 <= answer.status < 300 else REFUSED


def _answer(given: argparse.Namespace) -> int:
    key = _key(given)
    wanted = wanted_of(load_json(content(given.problem, MOST)), _whose(given, key), time.time())
    for name, value in signed_headers(wanted, key, lambda shown: _approved(shown, given.yes)).items():
        show(f"{name}: {value}")
    return DONE


def _whose(given: argparse.Namespace, key: Key) -> Who:
    return Who(given.origin, given.party, key.kid)


def _approved(statements: Sequence[Shown], unasked: bool) -> bool:
    """Everything is shown; a person says yes, unless nobody is to be asked."""
    for number, shown in enumerate(statements, 1):
        show(f"Statement {number} of {len(statements)}, in the name of {shown.statement.issuer}:", sys.stderr)
        for line in shown.lines():
            show(printable(line), sys.stderr)
    if unasked:
        return True
    try:
        # Twice, for a terminal has no place to seek to, and "r+" wants one.
        with open("/dev/tty") as answers, open("/dev/tty", "w") as terminal:
            terminal.write("Sign? [y/N] ")
            terminal.flush()
            return answers.readline().strip().lower() in ("y", "yes")
    except OSError:
        raise WrongUse("no terminal to ask; --yes signs without asking") from None


def _read(name: str) -> bytes:
    raw = sys.stdin.buffer.read(MOST + 1) if name == "-" else content(Path(name), MOST)
    try:
        load_json(raw)
    except Refuted as refuted:
        raise WrongUse(f"{name}: {refuted}") from None
    return raw


def _key(given: argparse.Namespace) -> Key:
    return open_key(given.key, _passphrase())


def _passphrase(twice: bool = False) -> str:
    path = os.environ.get(PASSPHRASE)
    if path:
        return content(Path(path), 4096).decode().rstrip("\n")
    given = getpass("Passphrase: ")
    if twice and getpass("Once more: ") != given:
        raise WrongUse("the two passphrases differ")
    return given


if __name__ == "__main__":
    sys.exit(main())
