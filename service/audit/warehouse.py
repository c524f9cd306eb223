"""The audit of the schema `warehouse`, in one pass over the movements and some questions about all rows at once."""

from collections.abc import Callable, Iterator

from sqlalchemy import Connection, text

from anchoring import Finding
from service.audit import (
    contents,
    erasures,
    events,
    evidence_erasures,
    journals,
    keys,
    parties,
    readings,
    rules,
    shape,
    sheets,
    statements,
    trail,
)
from service.audit.block import LAST, Block, blocks
from service.audit.guarded import guarded
from service.audit.journals import Lasting
from service.audit.names import Names
from service.audit.signatures import Signatures
from service.ledger.audit import CHECKS

Progress = Callable[[str, int, int], None]
Range = tuple[int, int]
WHOLE: Range = (-LAST, LAST)

_SEEN_BY_BLOCKS = (
    "movements_have_their_statement",
    "statements_hash_as_they_should",
    "contents_hash_as_they_should",
    "statements_are_in_the_log_or_on_their_way",
    "statements_say_what_the_legs_say",
)
RULES = tuple(check for check in CHECKS if check.__name__ not in _SEEN_BY_BLOCKS)
"""What reads every row at once; the rest is looked at movement by movement."""


def silent(what: str, done: int, total: int) -> None:
    """Nobody is told."""


def audit_warehouse(connection: Connection, origin: str, progress: Progress = silent) -> Iterator[Finding]:
    """All findings; use a snapshot (REPEATABLE READ). Memory does not grow with the number of movements."""
    yield from audit_things(connection, origin)
    yield from audit_movements(connection, origin, progress)


def audit_things(connection: Connection, origin: str) -> Iterator[Finding]:
    """Parties and keys, rows without a cause, and the rules of stock."""
    yield from shape.rows_are_whole(connection)
    yield from shape.rows_fit_each_other(connection)
    yield from guarded("parties", parties.parties_are_who_signs(connection, parties.issuers(connection)))
    yield from guarded("keys", keys.keys_are_in_their_statements(connection, origin))
    yield from guarded("signatures", _signatures(connection, origin))
    yield from guarded("electronic signatures", sheets.sheets_are_those_named(connection))
    yield from guarded("audit trail", trail.trail_is_as_bound(connection))
    yield from guarded("readings", readings.readings_are_as_sealed(connection))
    yield from statements.nothing_stands_alone(connection)
    yield from guarded("events", events.events_are_what_was_signed(connection))
    yield from guarded("evidence", events.evidence_is_in_the_log(connection, origin))
    yield from guarded("erased evidence", evidence_erasures.erasures_of_evidence(connection, origin))
    for rule in RULES:
        yield from guarded(rule.__name__, rules.rules(connection, (rule,)))


def audit_movements(
    connection: Connection,
    origin: str,
    progress: Progress = silent,
    within: Range = WHOLE,
    lasting: Lasting | None = None,
) -> Iterator[Finding]:
    """The movements with after < number <= last: they, their statements, their rows, and what the log has of them.

    With `lasting` what only later movements can tell is left there; without it, these are all there are.
    """
    issuers, names, open = parties.issuers(connection), Names(), lasting or Lasting()
    signatures = Signatures(connection, origin)
    total = connection.execute(text("SELECT coalesce(max(number), 0) FROM warehouse.movement")).scalar_one()
    for block in blocks(connection, *within):
        yield from guarded("movements", _block(block, issuers, origin, signatures))
        yield from guarded("names", names.take(block))
        open.take(block)
        progress("movements", min(block.last, total), total)
    if lasting is None:
        yield from open.left(connection)


def _signatures(connection: Connection, origin: str) -> Iterator[Finding]:
    """Of key statements, notices, erasures and evidence; those of movements are looked at movement by movement."""
    signatures = Signatures(connection, origin)
    yield from signatures.of_keys()
    yield from signatures.of_notices(connection)
    yield from signatures.of_evidence(connection)


def _block(block: Block, issuers: dict[int, str], origin: str, signatures: Signatures) -> Iterator[Finding]:
    read, wrong = statements.statements_of(block)
    yield from wrong
    yield from journals.journal_reads(block)
    for check in (
        statements.movements_fit_their_statements(block, read, issuers, origin),
        signatures.of_movements(block, read),
        journals.journals_fit_their_statements(block, read),
        contents.contents_fit_their_hash(block),
        erasures.erasures_fit_their_notices(block, read, issuers, origin),
        journals.rows_fit_their_journals(block),
        statements.the_log_has_the_movements(block, origin),
    ):
        yield from guarded("movements", check)
