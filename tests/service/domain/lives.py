"""Lives of lots as Hypothesis makes them up: small numbers and few names, so that everything meets everything.

`ANYTHING` makes commands of every type. An answer names a handoff by how long ago it was offered (`UUID(int=0)` is the
newest), since ids are not known before; `apt.meant` puts in the id and says whose answer it is.
"""

from datetime import UTC, date, datetime
from typing import Any, cast
from uuid import UUID

from hypothesis import strategies as st

from service.domain import commands as c

PARTIES = ("maker", "maker", "shop", "depot")
PARTY = st.sampled_from(PARTIES)
PALLETS = ("095060000000000015", "095060000000000022")
ITEM = st.sampled_from(("MED", "MED", "MED", "MILK", "BOTTLE"))
LOT = st.sampled_from(("L1", "L2", "L3"))
CHILD = st.sampled_from(("L1-1", "L1-2", "L2-1", "L3"))
PLACE = st.sampled_from(("S1/A", "S1/A", "S1/A", "S1/B", "S1/Q", "S1/D", "S2/A"))
SOURCE = st.sampled_from(("S1/A", "S1/A", "S1/A", "S1/A", "S1/B", "S1/D", "S2/A", f"S1/{PALLETS[0]}"))
PALLET = st.sampled_from(PALLETS)
ON_PALLET = st.sampled_from([f"S1/{code}" for code in PALLETS] + ["S1/A"])
QUANTITY = st.sampled_from(("1", "2", "3", "7", "20"))
STATUS = st.sampled_from((None, None, "available", "hold"))
EXPIRY = st.sampled_from((date(2026, 11, 21), date(2026, 11, 22), date(2027, 6, 30), date(2027, 6, 30)))
HOURS = st.sampled_from((0, 0, 0, 1, 5, 30))

LINES = st.lists(st.builds(c.Line, ITEM, LOT | CHILD, QUANTITY, STATUS), min_size=1, max_size=3).map(tuple)
PLAIN = st.lists(st.builds(c.Line, ITEM, LOT | CHILD, QUANTITY), min_size=1, max_size=3).map(tuple)
NEW = st.lists(st.builds(
    c.NewLotLine, ITEM, LOT, QUANTITY, expiry_date=EXPIRY, production_date=st.none() | st.just(date(2026, 11, 1)),
    quality=st.sampled_from((None, None, None, "passed", "failed", "pending")),
    damaged=st.sampled_from((None, None, None, "0", "1", "3")),
), min_size=1, max_size=2).map(tuple)  # fmt: skip
OUTPUTS = st.lists(st.builds(c.Output, CHILD, QUANTITY), min_size=1, max_size=2).map(tuple)
COUNTED = st.lists(st.builds(
    c.CountLine, ITEM, LOT, st.sampled_from(("0", "1", "3", "19", "20")), st.sampled_from(("available", "hold")),
), min_size=1, max_size=2).map(tuple)  # fmt: skip
ANSWERED = st.lists(st.builds(
    c.AnswerLine, st.sampled_from((1, 1, 1, 2)), st.sampled_from(("0", "1", "1", "2")),
    st.sampled_from(("0", "0", "0", "1")),
), max_size=2, unique_by=lambda line: line.line).map(tuple)  # fmt: skip
SAME = st.just((c.ItemMatch("BOTTLE", "BOTTLE"),)) | st.just(())
RECENT = st.sampled_from([UUID(int=0)] * 3 + [UUID(int=1), UUID(int=2)])
WHY = st.just("why")
TWO = st.just(("u1", "u2"))
UNTIL = st.sampled_from((None, None, datetime(2026, 11, 23, 12, 0, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)))


@st.composite
def _balanced(draw: st.DrawFn, kind: type[c.Transformation], **fields: Any) -> c.Transformation:
    """A transformation that has a chance: what comes out is what went in, mostly; or there is no common measure."""
    item, quantity, rest = draw(ITEM), draw(st.sampled_from(("1", "2", "3"))), draw(st.sampled_from((0, 0, 0, 1)))
    into, factor = draw(st.sampled_from({"MILK": (("MILK", 1), ("BOTTLE", 2)), "BOTTLE": (("BOTTLE", 1), ("MED", 1)),
                                         "MED": (("MED", 1), ("MED", 1), ("BOTTLE", 3))}[item]))
    lost = draw(st.sampled_from((None, None, None, "1")))
    made = int(quantity) * factor - (factor if lost and into == item else 0) + rest
    outputs = (c.NewLotLine(into, draw(CHILD), str(max(made, 1)), expiry_date=draw(st.none() | EXPIRY),
                            damaged=draw(st.sampled_from((None, None, "1")))),)
    lines = (c.Line(item, draw(LOT | CHILD), quantity, draw(STATUS)),)
    return kind(at=draw(PLACE), lines=lines, outputs=outputs, loss=lost, **fields)


_WITHIN = (
    st.builds(c.Register, to=PLACE, lines=NEW),
    st.builds(c.Receive, to=PLACE, supplier=st.just("Acme"), lines=NEW),
    st.builds(c.Receive, to=PLACE, supplier=st.just("Acme"), lines=NEW),
    st.builds(c.TakeBack, to=PLACE, customer=st.just("x"), lines=PLAIN, reason=WHY),
    st.builds(c.Move, from_=SOURCE, to=PLACE, lines=LINES),
    st.builds(c.Pick, from_=SOURCE, to=st.sampled_from(("S1/D", "S1/D", "S1/B")), lines=PLAIN),
    st.builds(c.Hold, at=SOURCE, reason=WHY, lines=PLAIN),
    st.builds(c.Release, at=PLACE, lines=PLAIN, approved_by=TWO),
    st.builds(c.Count, at=SOURCE, lines=COUNTED, counted_by=st.just("w"),
              approved_by=st.sampled_from((None, "q", "q"))),
    st.builds(c.Split, at=SOURCE, item=ITEM, lot=LOT, outputs=OUTPUTS, status=STATUS),
    st.builds(c.Merge, at=SOURCE, lot=CHILD, lines=st.builds(
        lambda item, lots, quantity: tuple(c.Line(item, lot, quantity) for lot in lots),
        ITEM, st.sampled_from((("L1", "L2"), ("L2", "L3", "L1"), ("L1-1", "L1"))), QUANTITY)),
    _balanced(c.Repack), _balanced(c.Produce), _balanced(c.Rework, reason="why"),
    st.builds(c.Pack, at=st.just("S1/A"), pallet=PALLET, lines=PLAIN),
    st.builds(c.Unpack, from_=ON_PALLET, lines=st.just(()) | PLAIN),
    st.builds(c.Relocate, from_=ON_PALLET, to=PLACE),
)
_OUT = (
    st.builds(c.Ship, from_=SOURCE, customer=st.just("x"), lines=PLAIN),
    st.builds(c.Return, from_=SOURCE, supplier=st.just("Acme"), lines=LINES, reason=WHY),
    st.builds(c.Destroy, from_=SOURCE, lines=LINES, witnesses=TWO, certificate=st.just("DC"), approved_by=TWO),
    st.builds(c.Recall, item=ITEM, lot=LOT | CHILD, reason=WHY),
    st.builds(c.Lift, item=ITEM, lot=LOT | CHILD, reason=WHY, approved_by=TWO),
)
_BETWEEN = (
    st.builds(c.Offer, from_=SOURCE, to_party=PARTY, lines=PLAIN, expires_at=UNTIL),
    st.builds(c.Send, from_=SOURCE, to_site=st.sampled_from(("S2", "S2", "S1")), lines=LINES),
    st.builds(c.Accept, handoff=RECENT, to=PLACE, items=SAME),
    st.builds(c.Accept, handoff=RECENT, to=PLACE, items=SAME, lines=ANSWERED),
    st.builds(c.Refuse, handoff=RECENT, reason=WHY),
    st.builds(c.Withdraw, handoff=st.sampled_from([UUID(int=1)] + [UUID(int=2)] * 3), reason=WHY),
    st.builds(c.Arrive, transfer=RECENT, to=st.sampled_from(("S2/A", "S2/A", "S1/A")), lines=ANSWERED),
    st.builds(c.Settle, handoff=RECENT, line=st.sampled_from((1, 1, 2)), approved_by=st.just("q"), reason=WHY,
              to=st.none() | PLACE),
)
STOCK_COMMANDS = cast("st.SearchStrategy[c.Command]", st.one_of(*_WITHIN, *_OUT))
"""What a party does alone."""

ANYTHING = cast("st.SearchStrategy[c.Command]", st.one_of(*_WITHIN, *_OUT, *_BETWEEN[:2] * 3, *_BETWEEN,
                                                                 *_BETWEEN[2:4] * 3))


HINT = st.integers(0, 60)
"""How `apt` makes a command fit what there is."""


def _lines(*lots: tuple[str, str]) -> tuple[c.Line, ...]:
    return tuple(c.Line(item, lot, "3") for item, lot in lots)


_STOCK = tuple(
    (party, c.Receive(to=place, supplier="Acme", lines=tuple(
        c.NewLotLine(item, lot, "20", expiry_date=None if item == "BOTTLE" else date(2027, 6, 30))
        for item in ("MED", "MILK", "BOTTLE") for lot in lots)))
    for party in ("maker", "shop") for place, lots in (("S1/A", ("L1", "L2", "L3")), ("S1/B", ("L1", "L2")))
)  # fmt: skip
_OFFERED = (
    ("maker", c.Offer(from_="S1/A", to_party="shop", lines=_lines(("MED", "L1"), ("MILK", "L2")))),
    ("maker", c.Offer(from_="S1/A", to_party="depot", lines=_lines(("MED", "L2"), ("BOTTLE", "L1")))),
    ("shop", c.Offer(from_="S1/A", to_party="maker", lines=_lines(("MED", "L3")))),
    ("shop", c.Offer(from_="S1/A", to_party="depot", lines=_lines(("MILK", "L1"), ("MED", "L1")),
                     expires_at=datetime(2026, 11, 23, 12, 0, tzinfo=UTC))),
    ("maker", c.Send(from_="S1/B", to_site="S2", lines=_lines(("MED", "L1"), ("MILK", "L1")))),
    ("shop", c.Send(from_="S1/B", to_site="S2", lines=_lines(("BOTTLE", "L1")))),
)
STOCK: tuple[tuple[str, c.Command], ...] = (*_STOCK, *_OFFERED)
"""What is there, and on its way, before a life begins."""
