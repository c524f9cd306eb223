"""Deploy the anchor contract of this log, once. If it is there already, tell where.

    ./lotproof deploy --again "the test network was shut down" --operator alice.key --operator bob.key

`--again REASON` opens a new anchor epoch: another contract, after the chain or the contract was lost. Two operators
show their keys (`./lotproof api-key make operator --label NAME`, each in a file of his own), and the log itself says it
to everybody, in a notice. Nothing of the log changes; the old anchors stay on record as lost. It is refused while the
log is not what was signed: recover it first. Chapter "A chain that is gone" of docs/operations.md.
"""

import argparse
import os
from datetime import UTC, datetime
from pathlib import Path

from service.local import embedded
from service.local.errors import SetupError
from service.settings import Settings


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--again", metavar="REASON", help="deploy another contract, and why; it stands in the log")
    parser.add_argument(
        "--operator", action="append", default=[], type=Path, metavar="FILE",
        help="with --again: a file with an operator's API key; two of them, of two persons",
    )  # fmt: skip


def run(options: argparse.Namespace) -> None:
    needed = ["database_url", "rpc_urls", "anchorer_key", "guardian", "origin"]
    settings = embedded.load(needed + (["kek", "log_key"] if options.again else []))
    found = again(settings, options.again, options.operator) if options.again else deployed(settings)
    print(f"contract 0x{found.contract.hex()} on chain {found.chain_id}, deployed in block {found.block}")
    if options.again:
        print("partners find the notice under /api/v1/log; give auditors and regulators the new policy "
              "(./lotproof policy)")  # fmt: skip


def deployed(settings: Settings, *, patient: bool = False):  # type: ignore[no-untyped-def]
    """The contract of this log, deployed now if there is none. `patient`: where there is one and the node is away, that
    is no reason to end."""
    import anchoring  # loads web3
    from service import db

    assert settings.anchorer_key and settings.guardian
    engine = db.engine_for(settings.database_url)
    try:
        return anchoring.deploy.ensure(engine, settings.rpc_urls[0], settings.anchorer_key, settings.guardian)
    except anchoring.Away as away:
        with engine.connect() as connection:
            known = anchoring.status(connection).deployment
        if known is None or not patient:
            raise SetupError(str(away)) from None
        return known
    except (anchoring.NeedsEther, anchoring.NotYet, anchoring.WrongChain, anchoring.Damaged) as told:
        raise SetupError(str(told)) from None
    finally:
        engine.dispose()


def again(settings: Settings, reason: str, files: list[Path]):  # type: ignore[no-untyped-def]
    """Another contract, on two operators' word, and the notice of it."""
    import anchoring  # loads web3
    from service import db
    from service.keys.keyring import Keyring
    from service.ledger.requests import Scribe
    from service.logbook import epochs, operators
    from service.logbook.notices import NameTaken

    if not reason.strip():
        raise SetupError("--again: expected a reason")
    assert settings.anchorer_key and settings.guardian and settings.kek
    scribe = Scribe(settings.origin, Keyring(settings.kek), lambda: datetime.now(UTC), os.urandom)
    _look_back(settings)
    engine = db.engine_for(settings.database_url)
    try:
        with engine.connect() as connection:
            by = operators.two(connection, files, settings.operator_key, datetime.now(UTC))
            last = epochs.newest_anchor(connection)
        named = " and ".join(f"{each.name} (key {each.id})" for each in by)
        return anchoring.deploy.again(
            engine, settings.rpc_urls[0], settings.anchorer_key, settings.guardian, reason=f"{reason}; by {named}",
            record=lambda conn, old, new: epochs.record(conn, scribe, reason, by, last, old, new),
        )  # fmt: skip
    except (operators.NotTwo, NameTaken, anchoring.Damaged) as told:
        raise SetupError(f"nothing was changed: {told}") from None
    except (anchoring.NeedsEther, anchoring.NotYet, anchoring.Away) as told:
        raise SetupError(str(told)) from None
    finally:
        engine.dispose()


def _look_back(settings: Settings) -> None:
    """An alarm now if this database is not what was signed last: no chain is left that could tell."""
    import anchoring
    from service.db import driver_url

    assert settings.log_key and settings.anchorer_key
    anchoring.contradicted(
        anchoring.WorkerSettings(
            database_url=driver_url(settings.database_url),
            origin=settings.origin,
            log_key=settings.log_key,
            rpc_urls=settings.rpc_urls,
            anchorer_key=settings.anchorer_key,
            lastsigned_dir=Path(settings.lastsigned_dir) if settings.lastsigned_dir else None,
            log_key_before=settings.log_key_before,
        )
    )
