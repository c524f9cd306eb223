"""Lives of lots as Hypothesis makes them up: small numbers and few names, so that everything meets everything."""

from datetime import date
from typing import cast

from hypothesis import strategies as st

from service.domain import commands as c

PARTY = st.sampled_from(("maker", "shop", "depot"))
ITEM = st.sampled_from(("MED", "MED", "MILK"))
LOT = st.sampled_from(("L1", "L2", "L3"))
PLACE = st.sampled_from(("S1/A", "S1/B", "S1/Q"))
QUANTITY = st.sampled_from(("1", "2", "3", "7", "20"))
STATUS = st.sampled_from((None, "available", "hold"))
EXPIRY = st.sampled_from((date(2026, 11, 21), date(2026, 11, 22), date(2027, 6, 30)))

LINES = st.lists(st.builds(c.Line, ITEM, LOT, QUANTITY, STATUS), min_size=1, max_size=3).map(tuple)
PLAIN = st.lists(st.builds(c.Line, ITEM, LOT, QUANTITY), min_size=1, max_size=3).map(tuple)
NEW = st.lists(st.builds(c.NewLotLine, ITEM, LOT, QUANTITY, expiry_date=EXPIRY), min_size=1, max_size=2).map(tuple)
CHILD = st.sampled_from(("L1-1", "L1-2", "L2-1", "L3"))
OUTPUTS = st.lists(st.builds(c.Output, CHILD, QUANTITY), min_size=1, max_size=2).map(tuple)
WHY = st.just("why")
TWO = st.just(("u1", "u2"))

STOCK_COMMANDS = cast("st.SearchStrategy[c.Command]", st.one_of(
    st.builds(c.Register, to=PLACE, lines=NEW),
    st.builds(c.Receive, to=PLACE, supplier=st.just("Acme"), lines=NEW),
    st.builds(c.Move, from_=PLACE, to=PLACE, lines=LINES),
    st.builds(c.Split, at=PLACE, item=ITEM, lot=LOT, outputs=OUTPUTS, status=STATUS),
    st.builds(c.Hold, at=PLACE, reason=WHY, lines=PLAIN),
    st.builds(c.Release, at=PLACE, lines=PLAIN, approved_by=TWO),
    st.builds(c.Ship, from_=PLACE, customer=st.just("x"), lines=PLAIN),
    st.builds(c.Destroy, from_=PLACE, lines=LINES, witnesses=TWO, certificate=st.just("DC"),
              approved_by=TWO),
))
