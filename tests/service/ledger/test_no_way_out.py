"""Expired, held and recalled goods leave by no path; generated from the commands, so that no new one is forgotten.

Goods lock themselves: nothing runs in these tests but the one call that tries to get them out. What the domain refuses
is then tried past the domain, by the owner of the database, and refused by its triggers.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import NamedTuple
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from service.domain import commands as c
from service.domain.commands import COMMANDS
from service.domain.places import OUTSIDE
from service.ledger import Recorded
from tests.service.ledger.world import World, line, register

LAST_DAY = date(2026, 11, 22)
LAST_SECOND = datetime(2026, 11, 22, 15, 59, 59, tzinfo=UTC)  # 23:59:59 in Shanghai, where the goods lie
MIDNIGHT = datetime(2026, 11, 22, 16, 0, 0, tzinfo=UTC)
TWO = ("u1", "u2")
PALLET = "350123451234567894"


class Bad(NamedTuple):
    """Goods that may not leave: 100 of BAD at S1/A. `status` is the one they lie in."""

    refusal: str
    says: str
    status: c.Status


BAD = {
    "expired": Bad("lot-expired", "expired stock cannot leave", "available"),
    "held": Bad("stock-on-hold", "stock on hold cannot leave", "hold"),
    "recalled": Bad("lot-recalled", "(recalled stock|stock on hold) cannot leave", "hold"),
}

Attempt = Callable[[str, str], c.Command]
"""Lot and quantity to command, at S1/A."""

NEW = {"expiry_date": date(2027, 6, 30)}

# Out of the party's hands, towards the door, or into something that will leave.
OUTBOUND: dict[str, Attempt] = {
    "ship": lambda lot, quantity: c.Ship(from_="S1/A", customer="x", lines=line(lot, quantity)),
    "offer": lambda lot, quantity: c.Offer(from_="S1/A", to_party="shop", lines=line(lot, quantity)),
    "pick": lambda lot, quantity: c.Pick(from_="S1/A", to="S1/D", lines=line(lot, quantity)),
    "produce": lambda lot, quantity: c.Produce(
        at="S1/A", lines=line(lot, quantity), outputs=(c.NewLotLine("MED", "PRODUCT", quantity, **NEW),)),
}  # fmt: skip


class Allowed(NamedTuple):
    """Why this may be done with goods that may not leave; `attempt` does it, given their status."""

    why: str
    attempt: Callable[[c.Status], c.Command] | None = None


def bad(quantity: str, status: c.Status) -> tuple[c.Line, ...]:
    return line("BAD", quantity, status=status)


ALLOWED = {
    "register": Allowed("goods come in"),
    "receive": Allowed("goods come in"),
    "take_back": Allowed("goods come in, on hold"),
    "accept": Allowed("the goods left when they were offered; of a recalled lot it is refused, see below"),
    "refuse": Allowed("goods on their way come back, on hold"),
    "withdraw": Allowed("goods on their way come back"),
    "arrive": Allowed("goods stay in the party"),
    "settle": Allowed("missing goods are found, on hold, or written off"),
    "lift": Allowed("no stock moves"),
    "move": Allowed("to the quarantine area", lambda status: c.Move(from_="S1/A", to="S1/Q", lines=bad("40", status))),
    "hold": Allowed("it is what should happen", lambda status: c.Hold(at="S1/A", reason="x", lines=line("BAD", "40"))),
    "release": Allowed("two persons decide; expiry and recall are no matter of status",
                       lambda status: c.Release(at="S1/A", lines=line("BAD", "40"), approved_by=TWO)),
    "count": Allowed("what is there is there", lambda status: c.Count(
        at="S1/A", lines=(c.CountLine("MED", "BAD", "120", status),), counted_by="u1", approved_by="u2")),
    "split": Allowed("children inherit dates, holds and recalls", lambda status: c.Split(
        at="S1/A", item="MED", lot="BAD", outputs=(c.Output("BAD-1", "40"),), status=status)),
    "merge": Allowed("the child has the earliest date, and is held if one parent is", lambda status: c.Merge(
        at="S1/A", lines=bad("40", status) + line("GOOD", "40"), lot="MERGED")),
    "repack": Allowed("the same goods in other packs", lambda status: c.Repack(
        at="S1/A", lines=bad("40", status), outputs=(c.NewLotLine("MED", "REPACKED", "40"),))),
    "rework": Allowed("held goods become held goods", lambda status: c.Rework(
        at="S1/A", lines=line("BAD", "40"), outputs=(c.NewLotLine("MED", "REWORKED", "40"),), reason="x")),
    "pack": Allowed("a pallet is a place", lambda status: c.Pack(at="S1/A", pallet=PALLET, lines=bad("40", status))),
    "unpack": Allowed("back to the place where the pallet stands"),
    "relocate": Allowed("a pallet is carried within its site"),
    "send": Allowed("within the party, in the same status",
                    lambda status: c.Send(from_="S1/A", to_site="S2", lines=bad("40", status))),
    "return": Allowed("the one way on which held goods leave: back to where they came from",
                      lambda status: c.Return(from_="S1/A", supplier="x", reason="x", lines=bad("40", status))),
    "destroy": Allowed("final, with two approvals and two witnesses", lambda status: c.Destroy(
        from_="S1/A", lines=bad("40", status), witnesses=TWO, certificate="DC", approved_by=TWO)),
    "recall": Allowed("it is what should happen", lambda status: c.Recall(item="MED", lot="BAD", reason="x")),
}  # fmt: skip

MAY_BE_REFUSED = {("hold", "held"), ("hold", "recalled"), ("release", "expired"), ("release", "recalled"),
                  ("rework", "expired"), ("recall", "recalled")}
"""There is nothing to do: what lies there has that status already, or the lot is recalled."""


def with_bad_goods(world: World, kind: str) -> Bad:
    """100 of BAD, bad in this way, beside 100 of GOOD; midnight has passed, and nobody did anything."""
    expiry = LAST_DAY if kind == "expired" else date(2027, 6, 30)
    world.do("maker", register("BAD", "100", expiry_date=expiry))
    world.do("maker", register("GOOD", "100"))
    if kind == "held":
        world.do("maker", c.Hold(at="S1/A", reason="x", lines=line("BAD", "100")))
    elif kind != "expired":
        world.do("maker", c.Recall(item="MED", lot="BAD", reason="x"))
    world.clock.at = MIDNIGHT
    return BAD[kind]


def test_every_command_is_known_here_as_a_way_out_or_as_none() -> None:
    """Whoever adds a command says here which it is."""
    assert OUTBOUND.keys() | ALLOWED.keys() == COMMANDS.keys()
    assert not OUTBOUND.keys() & ALLOWED.keys()


@pytest.mark.parametrize("kind", BAD)
@pytest.mark.parametrize("type", [type for type in COMMANDS if type not in ALLOWED])
def test_the_domain_lets_nothing_out(world: World, type: str, kind: str) -> None:
    expected = with_bad_goods(world, kind)
    before = world.rows()
    assert world.refused("maker", OUTBOUND[type]("BAD", "1")) == expected.refusal
    for quantity in ("1", "100"):
        command = OUTBOUND[type]("BAD", quantity)
        beside = c.Ship(from_="S1/A", customer="x", lines=line("GOOD", "1") + line("BAD", quantity))
        assert world.refused("maker", command) == world.refused("maker", beside) == expected.refusal
    assert world.rows() == before
    world.do("maker", OUTBOUND[type]("GOOD", "1"))


@pytest.mark.parametrize("type", OUTBOUND)
def test_goods_lock_themselves_at_midnight_of_the_site(world: World, type: str) -> None:
    """One second before, the same goods leave by the same path."""
    with_bad_goods(world, "expired")
    world.clock.at = LAST_SECOND
    world.do("maker", OUTBOUND[type]("BAD", "1"))
    world.clock.at = MIDNIGHT
    assert world.refused("maker", OUTBOUND[type]("BAD", "1")) == "lot-expired"


@pytest.mark.parametrize("kind", BAD)
@pytest.mark.parametrize("type", OUTBOUND)
@pytest.mark.parametrize("role", ["origin", "replica"])
def test_the_database_lets_nothing_out_either(world: World, type: str, kind: str, role: str) -> None:
    """The owner of the database writes the movement and its legs himself."""
    expected = with_bad_goods(world, kind)
    target = {"ship": "-2", "offer": "-3", "produce": "-4"}.get(
        type, "(SELECT min(id) FROM warehouse.location WHERE code = 'D')")
    copied = text("INSERT INTO warehouse.movement SELECT 1000, party_id, :id, :type, actor, :now, statement_hash,"
                  " content_hash, content, lots FROM warehouse.movement LIMIT 1")
    legs = text("INSERT INTO warehouse.leg (lot_id, movement, line, place, status, units)"
                " SELECT l.id, 1000, k.line, CASE k.line WHEN 0 THEN p.id ELSE " + target + " END,"
                " CAST(CASE k.line WHEN 0 THEN :status ELSE 'available' END AS warehouse.stock_status), k.units"
                " FROM warehouse.lot l JOIN warehouse.location p ON p.party_id = l.party_id AND p.code = 'A'"
                " JOIN warehouse.site s ON s.id = p.site_id AND s.code = 'S1',"
                " (VALUES (0, -1), (1, 1)) AS k (line, units) WHERE l.number = 'BAD'")
    now = int(world.clock().timestamp() * 1000)
    with pytest.raises(IntegrityError, match=expected.says), world.engine.begin() as connection:
        connection.execute(text(f"SET LOCAL session_replication_role = {role}"))
        connection.execute(copied, {"id": uuid4(), "type": type, "now": now})
        connection.execute(legs, {"status": expected.status})
    assert world.audit() == []


@pytest.mark.parametrize("kind", BAD)
@pytest.mark.parametrize("type", [type for type, allowed in ALLOWED.items() if allowed.attempt is not None])
def test_what_may_be_done_with_them_is_no_way_round(world: World, type: str, kind: str) -> None:
    """After everything that is allowed, whatever came of the bad goods is tried again, wherever it lies now."""
    expected = with_bad_goods(world, kind)
    attempt = ALLOWED[type].attempt
    assert attempt is not None
    outcome = world.ask("maker", attempt(expected.status))
    if not isinstance(outcome, Recorded):
        assert (type, kind) in MAY_BE_REFUSED, outcome
        return
    reached = world.all("SELECT place FROM warehouse.leg JOIN warehouse.movement ON number = movement"
                        " WHERE id = :id AND units > 0", id=outcome.id)
    assert not {place for place, in reached} & {int(place) for place in OUTSIDE}
    decided = type == "release" and kind == "held"
    for lot in ("BAD", "BAD-1", "MERGED", "REPACKED", "REWORKED"):
        for place in {place for place, _ in world.stock("maker", lot)}:
            one = "41" if decided else "1"  # 40 are what two persons released
            out = c.Ship(from_=place, customer="x", lines=line(lot, one))
            assert world.refused("maker", out) in ("lot-expired", "stock-on-hold", "lot-recalled"), (lot, place)
    assert world.audit() == []


def counted(quantity: str, status: c.Status) -> c.Count:
    counts = (c.CountLine("MED", "BAD", quantity, status),)
    return c.Count(at="S1/A", lines=counts, counted_by="u1", approved_by="u2")


def count_away(world: World) -> None:
    world.do("maker", counted("40", "hold"))


def lose_between_sites(world: World) -> None:
    sent = world.do("maker", c.Send(from_="S1/A", to_site="S2", lines=bad("60", "hold")))
    world.do("maker", c.Arrive(transfer=sent.id, to="S2/A", lines=(c.AnswerLine(1, "1"),)))
    world.do("maker", c.Settle(handoff=sent.id, line=1, approved_by="u2", reason="lost"))


@pytest.mark.parametrize("lose", [count_away, lose_between_sites])
@pytest.mark.parametrize("role", ["origin", "replica"])
def test_held_goods_that_were_missing_are_found_on_hold(
    world: World, lose: Callable[[World], None], role: str
) -> None:
    with_bad_goods(world, "held")
    lose(world)
    assert world.refused("maker", counted("10", "available")) == "wrong-status"
    legs = text("INSERT INTO warehouse.leg (lot_id, movement, line, place, status, units)"
                " SELECT l.id, (SELECT max(number) FROM warehouse.movement), 90 + line, CASE line WHEN 0 THEN p.id"
                " ELSE -9 END, 'available', units FROM warehouse.lot l JOIN warehouse.location p ON p.code = 'A'"
                " AND p.party_id = l.party_id JOIN warehouse.site s ON s.id = p.site_id AND s.code = 'S1',"
                " (VALUES (0, 5), (1, -5)) AS k (line, units) WHERE l.number = 'BAD'")
    with pytest.raises(IntegrityError, match="are found first"), world.engine.begin() as connection:
        connection.execute(text(f"SET LOCAL session_replication_role = {role}"))
        connection.execute(legs)
    world.do("maker", counted("130", "hold"))
    world.do("maker", counted("5", "available"))
    assert world.audit() == []


def test_goods_lost_and_others_found_in_one_call_are_judged_in_their_order(world: World) -> None:
    with_bad_goods(world, "held")
    counts = (counted("5", "available"), counted("90", "hold"), counted("100", "hold"), counted("6", "available"),
              counted("99", "hold"))
    done = world.try_all(*(world.request("maker", each) for each in counts))
    assert all(isinstance(each, Recorded) for each in done), done
    assert world.stock("maker", "BAD") == {("S1/A", "available"): 6, ("S1/A", "hold"): 99}
    assert world.audit() == []


def test_what_is_recalled_on_its_way_is_not_accepted(world: World) -> None:
    world.do("maker", register("BAD", "100"))
    offered = world.do("maker", c.Offer(from_="S1/A", to_party="shop", lines=line("BAD", "10")))
    world.do("maker", c.Recall(item="MED", lot="BAD", reason="x"))
    assert world.refused("shop", c.Accept(handoff=offered.id, to="S1/A")) == "lot-recalled"


def test_what_expires_on_its_way_does_not_leave_the_receiver(world: World) -> None:
    world.do("maker", register("BAD", "100", expiry_date=LAST_DAY))
    offered = world.do("maker", c.Offer(from_="S1/A", to_party="shop", lines=line("BAD", "10")))
    world.clock.at = MIDNIGHT
    world.do("shop", c.Accept(handoff=offered.id, to="S1/A"))
    assert world.refused("shop", OUTBOUND["ship"]("BAD", "1")) == "lot-expired"
