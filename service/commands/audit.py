"""Audit everything that is stored: derive it again from the stored bytes, the log, the map, the keys and the chain, and
name every table, row and field that differs.

Reads one snapshot, changes nothing, and may run beside everything else. Exit code 0: nothing contradicts anything;
1: findings, each with what was expected, what was seen, and who could have noticed; 3: some of it could not be looked
at (a node that is away). `lotproof-verify audit URL` is what a stranger can check without this database.

./lotproof audit                        everything, with the chain of LOTPROOF_RPC_URL
./lotproof audit --jobs 2 --resume DIR  in two processes; stopped, it goes on from what DIR keeps
./lotproof audit --json                 for machines
"""

import argparse
import base64
import json
import sys
import time
from pathlib import Path

from service.local import embedded
from service.local.errors import SetupError

UNKNOWN = "the chain can be asked"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--jobs", type=int, default=1, help="processes at once; 1 if not given")
    parser.add_argument("--resume", type=Path, metavar="DIR", help="keep finished steps in this folder and go on there")
    parser.add_argument("--no-chain", action="store_true", help="say nothing about the chain")
    parser.add_argument("--no-catalogue", action="store_true", help="say nothing about how the database is built")
    parser.add_argument(
        "--log-key",
        action="append",
        default=[],
        metavar="BASE64",
        help="a public key under which the log was signed earlier; may be given again",
    )
    parser.add_argument(
        "--probe",
        action="store_true",
        help="also add a row to each table, look for it, and take it back; needs a login that may",
    )
    parser.add_argument("--json", action="store_true", help="print the findings as one JSON document")


def run(options: argparse.Namespace) -> int:
    from sqlalchemy.exc import DBAPIError

    from anchoring import Audited
    from service.audit.running import Audit, probed

    settings = embedded.load(["database_url", "origin", "log_public_key"])
    if options.jobs < 1:
        raise SetupError(f"--jobs: expected 1 or more, got {options.jobs}")
    if options.resume is not None:
        options.resume.mkdir(parents=True, exist_ok=True)
    keys = [*map(_key, options.log_key), settings.log_key_before, settings.log_public_key]
    urls = () if options.no_chain else tuple(settings.rpc_urls)
    begun = time.monotonic()
    asked = Audited(
        settings.origin, [key for key in keys if key], urls, options.jobs, options.resume, _progress(not options.json)
    )
    audit = Audit(settings.database_url, asked, _step(not options.json), not options.no_catalogue)
    try:
        findings = [*audit.run(), *(probed(settings.database_url) if options.probe else ())]
    except DBAPIError as refused:
        print(f"the database refuses to be read: {str(refused.orig).strip()}", file=sys.stderr)
        print("an audit needs a login that may read everything, such as a member of lotproof_auditor", file=sys.stderr)
        return 2
    (_print_json if options.json else _print)(findings, time.monotonic() - begun, audit.unbound)
    told = [finding for finding in findings if finding.check != UNKNOWN]
    return 1 if told else 3 if findings else 0


def _key(spelled: str) -> bytes:
    try:
        key = base64.b64decode(spelled, validate=True)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise SetupError(f"--log-key: expected 32 bytes in base64, got {spelled!r}")
    return key


def _step(shown: bool):  # type: ignore[no-untyped-def]
    def passed(name: str, done: int, total: int) -> None:
        if shown:
            print(f"  {done:>3} of {total}  {name}", file=sys.stderr, flush=True)

    return passed


def _progress(shown: bool):  # type: ignore[no-untyped-def]
    """At most twice a second."""
    last = [0.0]

    def progress(what: str, done: int, total: int) -> None:
        if shown and time.monotonic() - last[0] > 0.5:
            last[0] = time.monotonic()
            print(f"            {what}: {done:,} of {total:,}", file=sys.stderr, flush=True)

    return progress


def _print_json(findings, seconds: float, unbound: int) -> None:  # type: ignore[no-untyped-def]
    rows = [{name: _plain(getattr(each, name)) for name in each.__dataclass_fields__} for each in findings]
    print(
        json.dumps(
            {"clean": not rows, "seconds": round(seconds, 1), "without_journal": unbound, "findings": rows}, indent=2
        )
    )


def _plain(value: object) -> object:
    return value if isinstance(value, int | str | list | dict | type(None)) else str(value)


def _print(findings, seconds: float, unbound: int) -> None:  # type: ignore[no-untyped-def]
    for each in findings:
        print(f"{each.table or 'log and chain'}  {each.row}  {each.field}".rstrip())
        print(f"    {each.check}\n    expected {_short(each.expected)}\n    seen     {_short(each.seen)}")
        print(f"    noticed by {each.noticed}" + ("" if each.index is None else f"; from log index {each.index} on"))
    if unbound:
        print(f"{unbound:,} movements are older than journals: nothing holds their places, statuses and actors")
    first = min((each.index for each in findings if each.index is not None), default=None)
    if not findings:
        print(f"audited in {seconds:.1f} s: nothing contradicts anything")
    else:
        where = "" if first is None else f"; the first log index concerned is {first}"
        print(f"audited in {seconds:.1f} s: {len(findings)} findings{where}")
        print("next: change nothing, keep a copy of the database, compare with what partners hold: docs/operations.md")


def _short(value: object) -> str:
    told = str(value)
    return told if len(told) <= 300 else f"{told[:297]}..."
