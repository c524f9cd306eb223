"""The integrity check of the warehouse: does every stored figure follow from the recorded movements?

    ledger_audit(connection) -> []          or a Finding for each row that does not fit

`CHECKS` is the list; each check is one function of a connection. They read everything, so run them nightly and on
demand, in a transaction of their own (REPEATABLE READ gives one moment for all of them). What they compare with, the
signed statements, is what the log and the chain hold on to: `verifier.audit` checks those without trusting this
database.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, text

from service.ledger.commitments import commitments, committed
from service.ledger.content import content_hash
from service.statements.reading import disclosed_lots, disclosed_quantities, unknown_disclosures

BLOCK = 1_000


@dataclass(frozen=True, slots=True)
class Finding:
    """`check` is the name of the check, `where` names the row; both figures are as stored."""

    check: str
    where: str
    expected: object
    seen: object


Check = Callable[[Connection], Iterator[Finding]]


def ledger_audit(connection: Connection) -> list[Finding]:
    """All findings of all checks; an empty list means that nothing contradicts anything."""
    return [finding for check in CHECKS for finding in check(connection)]


def balances_are_the_fold_of_legs(connection: Connection) -> Iterator[Finding]:
    """INV-S6."""
    query = """
        SELECT lot_id, place, status, coalesce(fold.units, 0) AS expected, coalesce(b.units, 0) AS seen
        FROM (SELECT lot_id, place, status, sum(units) AS units FROM warehouse.leg GROUP BY lot_id, place, status) fold
        FULL JOIN warehouse.balance b USING (lot_id, place, status)
        WHERE coalesce(fold.units, 0) <> coalesce(b.units, 0)
    """
    for row in connection.execute(text(query)):
        where = f"lot {row.lot_id} at place {row.place} ({row.status})"
        yield Finding("balance is the fold of legs", where, int(row.expected), row.seen)


def legs_sum_to_zero(connection: Connection) -> Iterator[Finding]:
    """INV-S2, for each lot of each movement; the sum over everything is then zero too."""
    query = """SELECT movement, lot_id, sum(units) AS units FROM warehouse.leg
        GROUP BY movement, lot_id HAVING sum(units) <> 0"""
    for row in connection.execute(text(query)):
        yield Finding("legs sum to zero", f"movement {row.movement}, lot {row.lot_id}", 0, int(row.units))


def never_below_zero(connection: Connection) -> Iterator[Finding]:
    """INV-S1 at every movement, not only at the end: the running balance of each account that is no source."""
    query = """
        SELECT lot_id, place, status, movement, running FROM (
            SELECT *, sum(units) OVER (PARTITION BY lot_id, place, status ORDER BY movement
                                       RANGE UNBOUNDED PRECEDING) AS running
            FROM warehouse.leg WHERE place NOT IN (-1, -5) AND (place, status) <> (-9, 'available')) AS history
        WHERE running < 0
    """
    for row in connection.execute(text(query)):
        where = f"lot {row.lot_id} at place {row.place} ({row.status}) after movement {row.movement}"
        yield Finding("never below zero", where, "0 or more", int(row.running))


def legs_belong_to_movements_and_lots(connection: Connection) -> Iterator[Finding]:
    query = """
        SELECT leg.movement, leg.lot_id, m.number IS NOT NULL AS has_movement FROM warehouse.leg
        LEFT JOIN warehouse.movement m ON m.number = leg.movement LEFT JOIN warehouse.lot ON lot.id = leg.lot_id
        WHERE m.number IS NULL OR lot.id IS NULL
    """
    for row in connection.execute(text(query)):
        what = "a lot" if row.has_movement else "a movement"
        yield Finding("no orphan legs", f"leg of movement {row.movement}, lot {row.lot_id}", what, None)


def movements_have_legs(connection: Connection) -> Iterator[Finding]:
    """But for those that change no stock: a pallet that is carried, a count that agrees, the end of a recall."""
    query = """SELECT number FROM warehouse.movement m WHERE type NOT IN ('relocate', 'count', 'recall', 'lift')
        AND NOT EXISTS (SELECT FROM warehouse.leg WHERE leg.movement = m.number)"""
    for row in connection.execute(text(query)):
        yield Finding("no movement without legs", f"movement {row.number}", "legs", None)


def offered_goods_are_in_transit(connection: Connection) -> Iterator[Finding]:
    """INV-S4: what stands in transit, between parties or sites, is what open offers name, no more and no less."""
    query = """
        SELECT lot_id, coalesce(open.units, 0) AS expected, coalesce(b.units, 0) AS seen
        FROM (SELECT l.lot_id, sum(l.units) AS units FROM warehouse.handoff h JOIN warehouse.handoff_line l
                  USING (movement) WHERE h.state = 'offered' GROUP BY l.lot_id) open
        FULL JOIN (SELECT lot_id, sum(units) AS units FROM warehouse.balance WHERE place IN (-3, -7) GROUP BY lot_id) b
            USING (lot_id)
        WHERE coalesce(open.units, 0) <> coalesce(b.units, 0)
    """
    for row in connection.execute(text(query)):
        yield Finding("open offers are in transit", f"lot {row.lot_id}", int(row.expected), int(row.seen))


def missing_goods_are_disputed(connection: Connection) -> Iterator[Finding]:
    """INV-S4: what stands disputed is what answers did not find and nobody has settled."""
    query = """
        SELECT lot_id, coalesce(open.units, 0) AS expected, coalesce(b.units, 0) AS seen
        FROM (SELECT lot_id, sum(units) AS units FROM warehouse.discrepancy WHERE settled IS NULL GROUP BY lot_id) open
        FULL JOIN (SELECT lot_id, units FROM warehouse.balance WHERE place = -10) b USING (lot_id)
        WHERE coalesce(open.units, 0) <> coalesce(b.units, 0)
    """
    for row in connection.execute(text(query)):
        yield Finding("missing goods are disputed", f"lot {row.lot_id}", int(row.expected), row.seen)


def what_left_was_free_to_leave(connection: Connection) -> Iterator[Finding]:
    """INV-S5, once more from the rows: nothing held, expired or recalled went into transit or to a customer."""
    query = """
        SELECT o.movement, o.lot_id, o.status, warehouse.expired(l.expiry_date, m.recorded_at, s.zone) AS late,
            m.number > l.recall AS recalled
        FROM warehouse.leg o JOIN warehouse.movement m ON m.number = o.movement JOIN warehouse.lot l ON l.id = o.lot_id
        JOIN warehouse.location p ON p.id = o.place JOIN warehouse.site s ON s.id = p.site_id
        WHERE o.units < 0 AND m.type IN ('ship', 'offer')
            AND (o.status = 'hold' OR m.number > l.recall OR warehouse.expired(l.expiry_date, m.recorded_at, s.zone))
    """
    for row in connection.execute(text(query)):
        seen = "recalled" if row.recalled else "expired" if row.late else row.status
        yield Finding("what left was free to leave", f"movement {row.movement}, lot {row.lot_id}", "available", seen)


def goods_of_cases_are_held(connection: Connection) -> Iterator[Finding]:
    """What is under open quarantine cases is on hold; nothing is under a closed one."""
    query = """
        SELECT v.lot_id, v.place, sum(v.units) AS expected, warehouse.held_for_cases(v.lot_id, v.place) AS seen,
            bool_or(c.state = 'closed') AS closed
        FROM warehouse.case_cover v JOIN warehouse.quarantine_case c ON c.number = v.case_number
        WHERE v.units > 0 GROUP BY v.lot_id, v.place
        HAVING (v.place <> -9 AND sum(v.units) > warehouse.held_for_cases(v.lot_id, v.place))
            OR bool_or(c.state = 'closed')
    """
    for row in connection.execute(text(query)):
        seen = "under a closed case" if row.closed else row.seen
        yield Finding("goods of cases are held", f"lot {row.lot_id} at place {row.place}", int(row.expected), seen)


def children_are_younger(connection: Connection) -> Iterator[Finding]:
    """INV-S3: genealogy has no cycle, because every child has a larger id than each of its parents."""
    query = "SELECT child_id, parent_id, movement FROM warehouse.lot_descent WHERE child_id <= parent_id"
    for row in connection.execute(text(query)):
        where = f"lot {row.child_id} in movement {row.movement}"
        yield Finding("children are younger", where, f"more than {row.parent_id}", row.child_id)


def movements_have_their_statement(connection: Connection) -> Iterator[Finding]:
    query = """
        SELECT m.number, m.statement_hash FROM warehouse.movement m
        LEFT JOIN warehouse.statement s ON s.statement_hash = m.statement_hash
            AND (s.party_id, s.id, s.kind) = (m.party_id, m.id, 1)
        LEFT JOIN warehouse.disclosure d ON d.statement_hash = m.statement_hash
        WHERE s.statement_hash IS NULL OR d.statement_hash IS NULL
    """
    for row in connection.execute(text(query)):
        yield Finding("every movement has its statement", f"movement {row.number}", row.statement_hash.hex(), None)


def statements_have_their_movement(connection: Connection) -> Iterator[Finding]:
    query = """
        SELECT s.statement_hash FROM warehouse.statement s
        LEFT JOIN warehouse.movement m ON m.statement_hash = s.statement_hash
        LEFT JOIN warehouse.party_key k ON k.statement_hash = s.statement_hash
        LEFT JOIN warehouse.epcis_event v ON v.statement_hash = s.statement_hash
        WHERE (s.kind = 1 AND m.number IS NULL AND v.number IS NULL) OR (s.kind = 2 AND k.kid IS NULL)
            OR (s.kind = 3 AND NOT EXISTS (SELECT FROM warehouse.erasure e WHERE e.notice = s.statement_hash))
    """
    for row in connection.execute(text(query)):
        where = f"statement {bytes(row.statement_hash or b'').hex()}"
        yield Finding("every statement has its cause", where, "a movement, a key, an erasure or a captured event", None)


def statements_hash_as_they_should(connection: Connection) -> Iterator[Finding]:
    """The bytes that were signed are the bytes that are stored."""
    query = """SELECT statement_hash, sha256(convert_to(jwt, 'UTF8')) AS seen FROM warehouse.statement
        WHERE statement_hash <> sha256(convert_to(jwt, 'UTF8'))"""
    for row in connection.execute(text(query)):
        yield Finding("statement hash", "statement", row.statement_hash.hex(), row.seen.hex())


def contents_hash_as_they_should(connection: Connection) -> Iterator[Finding]:
    """As the request stood, or with commitments in the place of what may be erased."""
    query = """SELECT number, content_hash, content, parts FROM warehouse.movement
        WHERE parts IS NOT NULL OR content_hash <> sha256(convert_to(content, 'UTF8'))"""
    for row in connection.execute(text(query), execution_options={"stream_results": True}):
        content = row.content.encode()
        try:
            seen = content_hash(committed(content, commitments(content, orjson.loads(row.parts or "{}"))))
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            yield Finding("content hash", f"movement {row.number}", row.content_hash.hex(), str(error))
            continue
        if seen != row.content_hash:
            yield Finding("content hash", f"movement {row.number}", row.content_hash.hex(), seen.hex())


def statements_are_in_the_log_or_on_their_way(connection: Connection) -> Iterator[Finding]:
    """One entry, or one waiting submission, for each lot of each movement and for each key statement."""
    query = """
        SELECT s.statement_hash, coalesce(cardinality(m.lots), gone.lots, 1) AS expected,
            coalesce(e.entries, 0) + coalesce(w.n, 0) AS seen
        FROM warehouse.statement s LEFT JOIN warehouse.movement m USING (statement_hash)
        LEFT JOIN (SELECT g.notice AS statement_hash, cardinality(of.lots) AS lots FROM warehouse.erasure g
            JOIN warehouse.movement of ON of.number = g.movement) gone USING (statement_hash)
        LEFT JOIN (SELECT statement_hash, count(*) AS entries FROM ledger.entry GROUP BY 1) e USING (statement_hash)
        LEFT JOIN (SELECT statement_hash, sum(octet_length(subjects) / 32) AS n FROM ledger.submission GROUP BY 1) w
            USING (statement_hash)
        WHERE coalesce(cardinality(m.lots), gone.lots, 1) <> coalesce(e.entries, 0) + coalesce(w.n, 0)
    """
    for row in connection.execute(text(query)):
        where = f"statement {row.statement_hash.hex()}"
        yield Finding("every statement is submitted", where, row.expected, int(row.seen))


def statements_say_what_the_legs_say(connection: Connection) -> Iterator[Finding]:
    """Disclosed quantities equal what moved, and disclosures fit the digests that were signed."""
    for movement, jwt, disclosures, lots, moved in _told_and_moved(connection):
        where = f"movement {movement}"
        try:
            unknown, shown = unknown_disclosures(jwt, disclosures), disclosed_lots(jwt, disclosures)
            told = disclosed_quantities(disclosures)
        except (ValueError, LookupError, TypeError) as error:
            yield Finding("statements can be read", where, "a statement", str(error))
            continue
        for digest in unknown:
            yield Finding("disclosures fit their statement", where, "a digest of the statement", digest)
        if not shown <= set(lots):
            yield Finding("disclosed lots are the movement's", where, sorted(lots), sorted(shown))
        for uri, units, decimals in moved:
            said = told.get(uri)
            if said is not None and said.scaleb(decimals) != units:
                yield Finding("statements say what the legs say", f"{where}, {uri}", units, str(said))


def _told_and_moved(connection: Connection) -> Iterator[tuple[Any, ...]]:
    """Movement, its statement, and how much of which lot it moved; in blocks, so that memory stays small."""
    told = text("""
        SELECT m.number, s.jwt, d.disclosures, m.lots FROM warehouse.movement m
        JOIN warehouse.statement s USING (statement_hash) JOIN warehouse.disclosure d USING (statement_hash)
        WHERE m.number > :after ORDER BY m.number LIMIT :block
    """)
    moved = text("""
        SELECT leg.movement, lot.uri, sum(leg.units)::bigint AS units, item.decimals FROM warehouse.leg
        JOIN warehouse.lot ON lot.id = leg.lot_id JOIN warehouse.item ON item.id = lot.item_id
        JOIN warehouse.movement m ON m.number = leg.movement
        WHERE leg.movement > :after AND leg.movement <= :last AND leg.units > 0 AND leg.place <> -10
            AND m.type <> 'count' AND (m.type <> 'accept' OR lot.party_id = m.party_id)
        GROUP BY leg.movement, lot.id, lot.uri, item.decimals
    """)
    after = 0
    while rows := connection.execute(told, {"after": after, "block": BLOCK}).all():
        last = rows[-1].number
        by_movement = defaultdict(list)
        for movement, uri, units, decimals in connection.execute(moved, {"after": after, "last": last}):
            by_movement[movement].append((uri, units, decimals))
        for number, jwt, disclosures, lots in rows:
            yield number, jwt, disclosures, lots, by_movement[number]
        after = last


CHECKS: tuple[Check, ...] = (
    balances_are_the_fold_of_legs,
    legs_sum_to_zero,
    never_below_zero,
    legs_belong_to_movements_and_lots,
    movements_have_legs,
    offered_goods_are_in_transit,
    missing_goods_are_disputed,
    what_left_was_free_to_leave,
    goods_of_cases_are_held,
    children_are_younger,
    movements_have_their_statement,
    statements_have_their_movement,
    statements_hash_as_they_should,
    contents_hash_as_they_should,
    statements_are_in_the_log_or_on_their_way,
    statements_say_what_the_legs_say,
)
