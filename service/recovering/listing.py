"""What the warehouse lacks, entry by entry: of what it speaks as far as that is known, and what is left of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, select

from anchoring import restoring
from service.models import tables
from verifier import uri
from verifier.disclosure import ANY_LOT, disclose
from verifier.entry import PARTY_KEY
from verifier.errors import Refuted
from verifier.hashing import StatementHash, Subject
from verifier.statement import SdJwt, read

GONE, WHOLE = "gone", "whole"


@dataclass(frozen=True, slots=True)
class Line:
    """`name`: the URI of the lot or party, None if nobody has named it; `content`: gone, whole, or what is hidden."""

    entry: restoring.Unaccounted
    name: str | None
    content: str
    said: str  # by whom, and which movement, as far as known


def listed(connection: Connection, origin: str, entries: Iterable[restoring.Unaccounted]) -> list[Line]:
    """The entries with what this database knows of them now."""
    wanted = list(entries)
    kept = _statements(connection, {each.statement_hash for each in wanted})
    names = _names(connection, origin)
    for each in wanted:
        if each.statement_hash in kept:
            names |= {uri.subject(uri.LOT, origin, lot): lot for lot in _lots(kept[each.statement_hash], each, origin)}
    return [_line(each, names, kept.get(each.statement_hash), origin) for each in wanted]


def _line(entry: restoring.Unaccounted, names: Mapping[Subject, str], parts: SdJwt | None, origin: str) -> Line:
    name = names.get(entry.subject)
    if parts is None:
        return Line(entry, name, GONE, "")
    statement = read(parts.jwt, entry.kind, origin)
    content = WHOLE
    if entry.kind != PARTY_KEY:
        shown = disclose(statement, parts.disclosures, ANY_LOT)
        members = sum(not each.whole for each in shown.lists.values())
        hidden = len(shown.hidden) + members + len(statement.payload["lots"]) - len(shown.lots)
        content = f"{hidden} fields or lists not wholly shown" if hidden else WHOLE
    return Line(entry, name, content, f"{statement.id} by {statement.issuer}")


def _lots(parts: SdJwt, entry: restoring.Unaccounted, origin: str) -> tuple[str, ...]:
    if entry.kind == PARTY_KEY:
        return ()
    try:
        return disclose(read(parts.jwt, entry.kind, origin), parts.disclosures, ANY_LOT).lots
    except Refuted:
        return ()


def _names(connection: Connection, origin: str) -> dict[Subject, str]:
    """The subjects of all lots and parties that this database has."""
    lots = connection.execute(select(tables.lot.c.uri)).scalars()
    parties = connection.execute(select(tables.party.c.uri)).scalars()
    return {uri.subject(uri.LOT, origin, each): each for each in lots} | {
        uri.subject(uri.PARTY, origin, each): each for each in parties
    }


def _statements(connection: Connection, hashes: set[StatementHash]) -> dict[StatementHash, SdJwt]:
    known, shown = tables.statement.c, tables.disclosure.c
    asked = (
        select(known.statement_hash, known.jwt, shown.disclosures)
        .outerjoin(tables.disclosure, shown.statement_hash == known.statement_hash)
        .where(known.statement_hash.in_(hashes))
    )
    rows = connection.execute(asked).all()
    return {
        StatementHash(bytes(hashed)): SdJwt(jwt, tuple(part for part in (text or "").split("~") if part))
        for hashed, jwt, text in rows
    }
