"""Tell what is recorded, anchored and final, and what a person must look at.

Exit code 1 while an alarm is open, or as long as the database was not compared with the chain.
"""

import argparse
import json
import time

from service.local import embedded
from service.local.errors import SetupError

NOT_ADMITTED = "NO: nothing is recorded before the worker has compared this database with the chain; see its log"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--clear", metavar="ALARM", help="declare an alarm dealt with, by its name; needs --reason")
    parser.add_argument("--reason", help="what was found and done; kept with the alarm")
    parser.add_argument("--json", action="store_true", help="print what GET /api/v1/status answers")


def run(options: argparse.Namespace) -> int:
    import anchoring
    from service import db

    settings = embedded.load(["database_url", "origin"])
    engine = db.engine_for(settings.database_url)
    try:
        with engine.begin() as connection:
            if options.clear:
                _clear(connection, options)
            known = anchoring.status(connection)
            remarks = [] if options.json else [*_former(connection), *_remarks(connection)]
    finally:
        engine.dispose()
    _print(settings.origin, known, options.json)
    for remark in remarks:
        print(f"REMARK     {remark}")
    return 1 if known.alarms or not known.admitted else 0


def _clear(connection, options: argparse.Namespace) -> None:  # type: ignore[no-untyped-def]
    import anchoring

    if not options.reason:
        raise SetupError("--clear needs --reason: what was found, and what was done")
    named = [alarm.kind for alarm in anchoring.status(connection).alarms if alarm.kind.title == options.clear.upper()]
    if not named:
        raise SetupError(f"no open alarm is called {options.clear!r}")
    if not anchoring.clear_alarm(connection, named[0].title, options.reason, time.time_ns() // 1_000_000):
        raise SetupError(f"{named[0].title} goes by itself when its cause is gone")


def _former(connection) -> list[str]:  # type: ignore[no-untyped-def]
    """The contracts that were given up."""
    import anchoring

    return [
        f"chain lost: 0x{each.contract.hex()} on chain {each.chain_id}, {each.anchors} anchors up to size {each.size} "
        f"({each.given_up})"
        for each in anchoring.former(connection)
    ]


def _remarks(connection) -> list[str]:  # type: ignore[no-untyped-def]
    """What keeps the ledger less than it could be kept; no alarm, for it may be meant so."""
    from service.roles import standing

    unseen = [standing.UNNOTICED] if standing.unnoticed(connection) else []
    return [str(each) for each in standing.seen_excess(connection)] + unseen


def _print(origin: str, known, as_json: bool) -> None:  # type: ignore[no-untyped-def]
    if not as_json:
        _tell(origin, known)
        return
    from service.api import status  # loads the web's half

    print(json.dumps(status.told(origin, known), default=lambda at: at.isoformat(), indent=2))


def _tell(origin: str, known) -> None:  # type: ignore[no-untyped-def]
    deployed = known.deployment
    print(f"log        {origin}")
    print(f"recorded   {known.entries} entries sequenced, {known.waiting} waiting")
    waits = f"for {known.lag / 1000:.0f} s; {known.in_flight} transactions in flight"
    print(f"unanchored {known.unanchored} entries, {waits}")
    for word, anchor in (("anchored", known.anchor), ("final", known.final_anchor)):
        print(f"{word:10} {f'{anchor.size} entries, anchor {anchor.index} in block {anchor.block}' if anchor else '-'}")
    print(f"contract   {f'0x{deployed.contract.hex()} on chain {deployed.chain_id}' if deployed else '-'}")
    print(f"admitted   {'yes' if known.admitted else NOT_ADMITTED}")
    for alarm in known.alarms:
        print(_indented(f"ALARM      {alarm.kind.title}: {alarm.detail.rstrip()}\n{alarm.advice}"))


def _indented(text: str) -> str:
    """The lines after the first under its words; a detail may quote signed notes."""
    return text.rstrip().replace("\n", "\n           ")
