"""Bring back what a database that was restored from an older backup lacks of its log.

    ./lotproof recover --mirror /backup/tiles --proofs /mail/partners --dry-run
    ./lotproof recover --list
    ./lotproof recover --settle https://id.gs1.org/01/09506000134352/10/AB-1 --reason "A. Keeper counted it"

Sources: mirrors (C2SP tiles with entry bundles), partners' proof files and receipts, the queue of the database itself.
Nothing is stored that does not lead to a root which this log signed or anchored. Stop nothing for it: the service is
read-only meanwhile, and goes on by itself once the worker finds that nothing is missing. Chapter "Recover" of
docs/operations.md says what comes back and what does not. Exit code 1 while something is missing.
"""

import argparse
import json
import time
from pathlib import Path

from service.local import embedded
from service.local.errors import SetupError

HOLDERS = (
    "Who may hold them: every mirror and auditor (entry bundles); each party that recorded (the answer to a movement "
    "holds receipts); whoever fetched a lot's proof file since the backup."
)


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    add = parser.add_argument
    mirror = "folder or address with checkpoint and tile/entries/…; may be given again"
    add("--mirror", action="append", default=[], metavar="PLACE", help=mirror)
    proofs = "proof files and receipts of partners (*.json); may be given again"
    add("--proofs", action="append", default=[], type=Path, metavar="FOLDER", help=proofs)
    add("--token-file", type=Path, help="an auditor's key, where a mirror asks for one")
    add("--without-chain", action="store_true", help="do not ask the contract; it is asked afterwards")
    trust = "take offers also up to a state that only the contract holds, after a look at who made it"
    add("--trust-anchors", action="store_true", help=trust)
    add("--dry-run", action="store_true", help="do all of it, tell what came of it, and undo it")
    add("--list", action="store_true", help="list the entries that the warehouse has no rows of")
    add("--json", action="store_true", help="with --list: one JSON object a line")
    settle = "the warehouse is right again about a lot (its URI, or the digits of --list), or `all`"
    add("--settle", metavar="SUBJECT", help=settle)
    add("--reason", help="with --settle: who says so, and what was done; kept")


def run(options: argparse.Namespace) -> int:
    from service import db

    needed = ["database_url", "origin"] if options.list or options.settle else ["database_url", "origin", "log_key"]
    if not (options.list or options.settle or options.without_chain):
        needed.append("rpc_urls")
    settings = embedded.load(needed)
    engine = db.engine_for(settings.database_url)
    try:
        if options.list:
            return _list(engine, settings.origin, options.json)
        if options.settle:
            return _settle(engine, settings.origin, options)
        return _recover(engine, settings, options)
    finally:
        engine.dispose()


def _recover(engine, settings, options: argparse.Namespace) -> int:  # type: ignore[no-untyped-def]
    import anchoring
    from anchoring import restoring
    from service.recovering.work import Sources, recover

    for folder in options.proofs:
        if not folder.is_dir():
            raise SetupError(f"--proofs {folder}: expected a folder")
    token = options.token_file.read_text().strip() if options.token_file else None
    sources = Sources(options.mirror, options.proofs, token, not options.without_chain, options.trust_anchors)
    try:
        outcome = recover(engine, settings, sources, dry_run=options.dry_run)
    except (restoring.NotAsked, anchoring.Away) as told:
        raise SetupError(f"nothing was changed: {told}. --without-chain goes on without the contract") from None
    except restoring.Halt as halt:
        if not options.dry_run:
            with engine.begin() as connection:
                restoring.raise_alarm(connection, halt.kind, halt.detail, time.time_ns() // 1_000_000)
        raise SetupError(f"nothing was brought back: {halt}") from None
    except anchoring.LedgerBroken as broken:
        raise SetupError(f"nothing was brought back; what was signed contradicts itself: {broken}") from None
    _tell(outcome, options.dry_run)
    return 0 if outcome.account.whole else 1


def _tell(outcome, dry_run: bool) -> None:  # type: ignore[no-untyped-def]
    account = outcome.account
    for remark in outcome.remarks:
        print(f"passed over  {remark}")
    if account.target is None:
        print(f"nothing is known to be missing: the log has {account.was} entries, and no source knows more")
        return
    print(f"log          {account.was} entries; {account.target.size} were signed or anchored ({account.target.where})")
    print(f"brought back {account.size - account.was} entries, {account.from_queue} of them from the queue, "
          f"up to size {account.size}, in {outcome.seconds:.1f} s")  # fmt: skip
    print(f"statements   {outcome.statements} came back with partners' files")
    for first, last in account.lacking:
        print(f"missing      {f'entry {first}' if first == last else f'entries {first} to {last}'}: no source has it")
    for state in account.doubtful:
        if not account.lacking:
            print(f"not reached  size {state.size} ({state.where}): what was found does not lead to its root")
    if account.unaccounted:
        print(f"closed       {account.unaccounted} entries have no rows in the warehouse; their lots are closed until "
              "settled: ./lotproof recover --list")  # fmt: skip
    if not account.whole:
        print(HOLDERS)
    if dry_run:
        print("a rehearsal: nothing was changed")
    elif account.whole:
        print("the log is whole; the worker compares it with the chain and opens it")


def _list(engine, origin: str, as_json: bool) -> int:  # type: ignore[no-untyped-def]
    from anchoring import restoring
    from service.recovering.listing import listed

    with engine.connect() as connection:
        lines = listed(connection, origin, restoring.unaccounted(connection))
    for line in lines:
        print(json.dumps(_plain(line)) if as_json else _sentence(line))
    return 1 if any(line.entry.settled_by is None for line in lines) else 0


def _plain(line) -> dict[str, object]:  # type: ignore[no-untyped-def]
    entry = line.entry
    return {
        "index": entry.index,
        "kind": entry.kind,
        "about": line.name or entry.subject.hex(),
        "statement": entry.statement_hash.hex(),
        "content": line.content,
        "said": line.said or None,
        "settled": entry.settled_by,
    }


def _sentence(line) -> str:  # type: ignore[no-untyped-def]
    told = _plain(line)
    said = f", {line.said}" if line.said else ""
    settled = f"; settled: {told['settled']}" if told["settled"] else ""
    return f"{told['index']:8}  {told['about']}  statement {told['statement']}: {line.content}{said}{settled}"


def _settle(engine, origin: str, options: argparse.Namespace) -> int:  # type: ignore[no-untyped-def]
    from anchoring import restoring
    from service.recovering.settling import NotSettled, settle

    if not (options.reason or "").strip():
        raise SetupError("--settle needs --reason: who says that the warehouse is right again, and what was done")
    with engine.begin() as connection:
        try:
            done = settle(connection, origin, options.settle, options.reason, time.time_ns() // 1_000_000)
        except NotSettled as told:
            raise SetupError(str(told)) from None
        left = len(restoring.closed(connection))
    print(f"{done} entries settled; {left} lots or parties stay closed")
    return 0
