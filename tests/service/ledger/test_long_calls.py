"""Long calls and movements, texts that a COPY could stumble over, commands that build on each other in one call."""

from datetime import timedelta
from uuid import uuid4

from service.domain import commands as c
from service.ledger import MovementRequest, Recorded
from tests.service.ledger.test_concurrency import outcomes_of
from tests.service.ledger.world import World, line, register

SSCC = "095060000000000015"
ON_PALLET = f"S1/{SSCC}"
TWO = ("q1", "q2")
AWKWARD = ("\\N", "\\.", "a\\tb\\", 'x"},{"', "'; DROP TABLE warehouse.leg --", "ä 破 %s :name", "{}", '","from_":"')


def test_commands_of_one_call_build_on_each_other(world: World) -> None:
    sent, offered, late = uuid4(), uuid4(), uuid4()
    asked = [
        ("maker", c.Register(to="S1/A", lines=register("L1", "50").lines + register("L2", "50").lines), uuid4()),
        ("maker", c.Merge(at="S1/A", lot="M", lines=line("L1", "10") + line("L2", "10")), uuid4()),
        ("maker", c.Ship(from_="S1/A", customer="x", lines=line("M", "1")), uuid4()),
        ("maker", c.Pack(at="S1/A", pallet=SSCC, lines=line("M", "9")), uuid4()),
        ("maker", c.Split(at=ON_PALLET, item="MED", lot="M", outputs=(c.Output("M-1", "2"),)), uuid4()),
        ("maker", c.Relocate(from_=ON_PALLET, to="S1/B"), uuid4()),
        ("maker", c.Unpack(from_=ON_PALLET), uuid4()),
        ("maker", c.Pick(from_="S1/B", to="S1/D", lines=line("M-1", "2")), uuid4()),
        ("maker", c.Send(from_="S1/D", to_site="S2", lines=line("M-1", "2")), sent),
        ("maker", c.Arrive(transfer=sent, to="S2/A", lines=(c.AnswerLine(1, "1"),)), uuid4()),
        ("maker", c.Settle(handoff=sent, line=1, approved_by="q", reason="lost"), uuid4()),
        ("maker", c.Offer(from_="S1/A", to_party="shop", lines=line("L1", "5")), offered),
        ("shop", c.Accept(handoff=offered, to="S1/A", lines=(c.AnswerLine(1, "3", "1"),)), uuid4()),
        ("maker", c.Settle(handoff=offered, line=1, approved_by="q", reason="found", to="S1/Q"), uuid4()),
        ("maker", c.Recall(item="MED", lot="L2", reason="glass"), uuid4()),
        ("maker", c.Repack(at="S1/B", lines=line("M", "7"), outputs=(c.NewLotLine("MED", "R", "7"),)), uuid4()),
        ("maker", c.Lift(item="MED", lot="L2", reason="sugar", approved_by=TWO), uuid4()),
        ("maker", c.Release(at="S1/B", lines=line("R", "7"), approved_by=TWO), uuid4()),
        ("maker", c.Offer(from_="S1/B", to_party="shop", lines=line("R", "7"),
                          expires_at=world.clock.at + timedelta(hours=1)), late),
        ("maker", c.Withdraw(handoff=late, reason="wrong"), uuid4()),
    ]
    requests = [MovementRequest(party, "t", id, command) for party, command, id in asked]
    outcomes = world.try_all(*requests)
    assert all(isinstance(outcome, Recorded) for outcome in outcomes), outcomes
    assert world.stock("maker", "R") == {("S1/B", "available"): 7}
    assert world.stock("maker", "M-1") == {("S2/A", "hold"): 1}
    assert world.stock("maker", "L1") == {("S1/A", "available"): 35, ("S1/A", "hold"): 1, ("S1/Q", "hold"): 1}
    assert world.audit() == []
    again = world.try_all(*requests)
    assert all(isinstance(outcome, Recorded) and outcome.replayed for outcome in again)


def test_a_thousand_movements_of_many_kinds_are_one_call(world: World) -> None:
    commands: list[c.Command] = [c.Receive(to="S1/A", supplier="Acme", lines=register("L1", "2000").lines)]
    for number in range(333):
        commands += [
            c.Split(at="S1/A", item="MED", lot="L1", outputs=(c.Output(f"C{number}", "3"),)),
            c.Pack(at="S1/A", pallet=SSCC, lines=line(f"C{number}", "2")),
            c.Pick(from_="S1/A", to="S1/D", lines=line(f"C{number}", "1")),
        ]
    outcomes = world.try_all(*(world.request("maker", command) for command in commands))
    assert outcomes_of(outcomes) == {"recorded": 1_000}
    assert len(world.do("maker", c.Relocate(from_=ON_PALLET, to="S1/B")).lots) == 333
    assert world.audit() == []


def test_a_hundred_lines_are_answered_line_by_line(world: World) -> None:
    lines = tuple(c.NewLotLine("MILK", f"S{number}", "0.003") for number in range(100))
    world.do("maker", c.Register(to="S1/A", lines=lines))
    names = tuple(c.Line("MILK", f"S{number}", "0.003") for number in range(100))
    offered = world.do("maker", c.Offer(from_="S1/A", to_party="shop", lines=names))
    said = tuple(c.AnswerLine(number, "0.001", "0.001") for number in range(1, 101))
    assert len(world.do("shop", c.Accept(handoff=offered.id, to="S1/A", lines=said)).lots) == 100
    assert world.one("SELECT count(*), sum(units) FROM warehouse.discrepancy") == (100, 100)
    outputs = tuple(c.NewLotLine("MILK", f"T{number}", "0.001", production_date=None) for number in range(100))
    takes = tuple(c.Line("MILK", f"S{number}", "0.001") for number in range(100))
    world.do("shop", c.Repack(at="S1/A", lines=takes, outputs=outputs))
    assert world.one("SELECT count(*) FROM warehouse.lot_descent")[0] == 10_000
    assert world.audit() == []


def test_texts_are_kept_as_they_were_written(world: World) -> None:
    world.do("maker", register("L1", "1000"))
    for text in AWKWARD:
        kept = [
            world.do("maker", c.Hold(at="S1/A", reason=text, lines=line("L1", "9"))),
            world.do("maker", c.Release(at="S1/A", lines=line("L1", "1"), approved_by=(text, "q"), reason=text)),
            world.do("maker", c.Ship(from_="S1/A", customer=text, lines=line("L1", "1"))),
            world.do("maker", c.TakeBack(to="S1/A", customer=text, reason=text, lines=line("L1", "1"))),
            world.do("maker", c.Return(from_="S1/A", supplier=text, reason=text, lines=line("L1", "1", status="hold"))),
            world.do("maker", c.Destroy(from_="S1/A", certificate=text, witnesses=(text, "w"), approved_by=(text, "q"),
                                        lines=line("L1", "1", status="hold"))),
            world.do("maker", c.Count(at="S1/A", counted_by=text, approved_by=text + "2", reason=text,
                                      lines=(c.CountLine("MED", "L1", "900"),))),
            world.do("shop", c.Receive(to="S1/A", supplier=text, lines=(
                c.NewLotLine("MILK", f"T{AWKWARD.index(text)}", "1", traceability_source=text,
                             traceability_lot_code=text),))),
        ]
        for outcome in kept:
            content, = world.one("SELECT content::json::text FROM warehouse.movement WHERE id = :id", id=outcome.id)
            assert world.one("SELECT CAST(:content AS json) IS NOT NULL", content=content)[0]
        supplier, = world.one("SELECT content::json ->> 'supplier' FROM warehouse.movement WHERE id = :id",
                              id=kept[-1].id)
        assert supplier == text
        assert world.one("SELECT supplier, traceability_source FROM warehouse.lot WHERE number = :number",
                         number=f"T{AWKWARD.index(text)}") == (text, text)
    assert world.audit() == []


def test_a_place_that_is_named_like_a_pallet_makes_none(world: World) -> None:
    from service.ledger import create_location

    with world.engine.begin() as connection:
        create_location(connection, "maker", "S1", SSCC, kind="storage")
    world.do("maker", register("L1", "10"))
    assert world.refused("maker", c.Pack(at="S1/A", pallet=SSCC, lines=line("L1", "1"))) == "wrong-place"
