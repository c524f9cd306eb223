"""Tell what is recorded, anchored and final, and what a person must look at. Exit code 1 while an alarm is open."""

import argparse
import time

from service.local import embedded
from service.local.errors import SetupError


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--clear", metavar="ALARM", help="declare an alarm dealt with, by its name; needs --reason")
    parser.add_argument("--reason", help="what was found and done; kept with the alarm")


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
    finally:
        engine.dispose()
    _tell(settings.origin, known)
    return 1 if known.alarms else 0


def _clear(connection, options: argparse.Namespace) -> None:  # type: ignore[no-untyped-def]
    import anchoring

    if not options.reason:
        raise SetupError("--clear needs --reason: what was found, and what was done")
    named = [alarm.kind for alarm in anchoring.status(connection).alarms if alarm.kind.title == options.clear.upper()]
    if not named:
        raise SetupError(f"no open alarm is called {options.clear!r}")
    anchoring.clear_alarm(connection, named[0], options.reason, time.time_ns() // 1_000_000)


def _tell(origin: str, known) -> None:  # type: ignore[no-untyped-def]
    deployed = known.deployment
    print(f"log        {origin}")
    print(f"recorded   {known.entries} entries sequenced, {known.waiting} waiting")
    for word, anchor in (("anchored", known.anchor), ("final", known.final_anchor)):
        print(f"{word:10} {f'{anchor.size} entries, anchor {anchor.index} in block {anchor.block}' if anchor else '-'}")
    print(f"contract   {f'0x{deployed.contract.hex()} on chain {deployed.chain_id}' if deployed else '-'}")
    for alarm in known.alarms:
        print(f"ALARM      {alarm.kind.title}: {alarm.detail}\n           {alarm.advice}")
