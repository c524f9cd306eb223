"""SSCCs under a party's GS1 company prefix. A serial is given once and never again."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as insert_or_leave

from service.domain.errors import BadName, UnknownThing
from service.domain.number_errors import PrefixInUse, SerialUsedUp, TakingIdTaken
from service.domain.sscc import check_prefix, last_serial, sscc
from service.models.numbers import gs1_prefix, sscc_counter, sscc_taking
from service.numbers.things import alone

_PREFIXES = 0x67733170_72656678  # any constant: whoever registers a prefix takes this advisory lock first


@dataclass(frozen=True, slots=True)
class Asked:
    """`prefix` is None where the party has only one."""

    id: UUID
    count: int
    extension: int = 0
    prefix: str | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    id: UUID
    prefix: str
    extension: int
    ssccs: tuple[str, ...]
    replayed: bool


def register_prefix(connection: Connection, party_id: int, prefix: str, start: int) -> None:
    """Raises BadName, and PrefixInUse where it begins, or begins with, one that is registered: they would make the
    same codes.
    """
    check_prefix(prefix)
    if start > last_serial(prefix):
        raise BadName("start", f"at most {last_serial(prefix)}", str(start))
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _PREFIXES})
    if connection.scalar(select(func.warehouse.gs1_prefix_taken(prefix))):
        raise PrefixInUse(prefix)
    connection.execute(insert(gs1_prefix).values(prefix=prefix, party_id=party_id, start=start))


def take(connection: Connection, party_id: int, asked: Asked, actor: str, now: datetime) -> Taken:
    """Raises UnknownThing, SerialUsedUp, TakingIdTaken."""
    alone(connection, party_id)
    before = _taken_before(connection, party_id, asked)
    if before is not None:
        return before
    prefix = _prefix(connection, party_id, asked.prefix)
    counter = {"prefix": prefix, "extension": asked.extension}
    first = _begun(connection, counter)
    left = last_serial(prefix) + 1 - first
    if left < asked.count:
        raise SerialUsedUp(f"SSCCs {asked.extension} {prefix}", "", asked.count, left, str(last_serial(prefix)))
    connection.execute(update(sscc_counter).filter_by(**counter).values(next=first + asked.count))
    connection.execute(
        insert(sscc_taking).values(
            party_id=party_id, id=asked.id, **counter, first=first, count=asked.count,
            chosen=asked.prefix is not None, actor=actor, taken_at=now,
        )
    )
    return _taken(asked.id, prefix, asked.extension, first, asked.count, replayed=False)


def _begun(connection: Connection, counter: dict[str, object]) -> int:
    """The next serial of this counter, which begins where its prefix says."""
    start = select(gs1_prefix.c.start).where(gs1_prefix.c.prefix == counter["prefix"]).scalar_subquery()
    connection.execute(insert_or_leave(sscc_counter).values(**counter, next=start).on_conflict_do_nothing())
    return int(connection.execute(select(sscc_counter.c.next).filter_by(**counter)).scalar_one())


def _prefix(connection: Connection, party_id: int, asked: str | None) -> str:
    mine = select(gs1_prefix.c.prefix).where(gs1_prefix.c.party_id == party_id)
    if asked is not None:
        mine = mine.where(gs1_prefix.c.prefix == asked)
    found = connection.scalars(mine.limit(2)).all()
    if len(found) != 1:
        raise UnknownThing("GS1 company prefix", asked or f"{len(found) or 'none'}, say which")
    return str(found[0])


def _taken_before(connection: Connection, party_id: int, asked: Asked) -> Taken | None:
    table = sscc_taking
    found = connection.execute(
        select(table).where(table.c.party_id == party_id, table.c.id == asked.id)
    ).one_or_none()
    if found is None:
        return None
    before = _shown(found.count, found.extension, found.prefix if found.chosen else None)
    again = _shown(asked.count, asked.extension, asked.prefix)
    if before != again:
        raise TakingIdTaken(str(asked.id), before, again)
    return _taken(asked.id, found.prefix, found.extension, found.first, found.count, replayed=True)


def _taken(id: UUID, prefix: str, extension: int, first: int, count: int, *, replayed: bool) -> Taken:
    made = tuple(sscc(extension, prefix, serial) for serial in range(first, first + count))
    return Taken(id, prefix, extension, made, replayed)


def _shown(count: int, extension: int, prefix: str | None) -> str:
    return f"{count} with extension {extension} under {prefix or 'the only prefix'}"
