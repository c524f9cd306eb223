"""Whether a lot number that somebody typed is spelled right, is taken, and which lots it could be mistaken for."""

from dataclasses import dataclass

from sqlalchemy import Connection

from service.domain.errors import BadName
from service.domain.identifiers import check_lot_number
from service.numbers.lookalikes import Oddity, ascii_of, oddities
from service.numbers.lookup import LotFound, lots_named
from service.numbers.things import item_of


@dataclass(frozen=True, slots=True)
class Checked:
    """`problem` is None where the number is spelled right; `resembles` is the ASCII that it looks like."""

    problem: str | None
    characters: tuple[Oddity, ...]
    resembles: str
    exists: LotFound | None
    look_alikes: tuple[LotFound, ...]


def check(connection: Connection, party_id: int, item: str, typed: str) -> Checked:
    """Raises UnknownThing where the party has no such item."""
    of = item_of(connection, party_id, item)
    odd, resembles = tuple(oddities(typed)), ascii_of(typed)
    found = lots_named(connection, party_id, resembles, of.id)
    exact = found.exact if resembles == typed else ()  # what was typed otherwise is another number
    alike = found.alike if resembles == typed else found.exact + found.alike
    return Checked(_problem(typed), odd, resembles, exact[0] if exact else None, alike)


def _problem(typed: str) -> str | None:
    try:
        check_lot_number(typed)
    except BadName as error:
        return f"expected {error.expected}"
    return None
