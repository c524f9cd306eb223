"""Cases, counts and recalls beside everything else that happens at the same moment, on a real PostgreSQL."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

from service.cases import reading
from service.cases.acts import find_case
from service.cases.deciding import Approval, approve
from service.cases.opening import NewCase, open_case
from service.cases.reviewing import Decided, decide, review
from service.counts import counting
from service.counts.making import NewSheet, find_sheet, make_sheet
from service.counts.posting import post
from service.domain import commands as c
from service.domain.errors import DomainError
from service.ledger.desk import Desk
from service.ledger.durably import durably
from service.recalls.calling import NewRecall, call
from tests.service.ledger.world import World, line, register


def at_desk(world: World, work: Callable[[Desk], Any], party: str = "maker") -> Any:
    party_id, = world.one("SELECT id FROM warehouse.party WHERE code = :party", party=party)
    return durably(world.engine, lambda connection: work(Desk(connection, world.scribe, party_id, party, "tester")))


def on_case(world: World, id: UUID, change: Callable[[Desk, Any], Any]) -> str:
    try:
        at_desk(world, lambda desk: change(desk, find_case(desk, id)))
    except DomainError as error:
        return error.slug
    return "done"


def shown(world: World, id: UUID) -> dict[str, Any]:
    party_id, = world.one("SELECT id FROM warehouse.party WHERE code = 'maker'")
    with world.engine.connect() as connection:
        found = reading.shown(connection, party_id, id)
    assert found is not None
    return found


def everything(works: list[Callable[[], Any]]) -> list[Any]:
    with ThreadPoolExecutor(16) as pool:
        return [each.result() for each in [pool.submit(work) for work in works]]


def deadlocks(world: World) -> int:
    return int(world.one("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")[0])


def case_about(lot: str, **about: Any) -> NewCase:
    return NewCase(id=uuid4(), cause="suspect", words="w", by="u-open", **({"item": "MED", "lot": lot} | about))


def test_a_case_and_those_who_ship_and_move_the_same_goods_leave_no_contradiction(world: World) -> None:
    for lot in ("L1", "L2"):
        world.do("maker", register(lot, "200"))
    ship = c.Ship(from_="S1/A", customer="x", lines=line("L1", "1") + line("L2", "1"))
    move = c.Move(from_="S1/A", to="S1/B", lines=line("L2", "1", status="available"))
    held = c.Move(from_="S1/A", to="S1/Q", lines=line("L1", "1", status="hold"))
    release = c.Release(at="S1/Q", lines=line("L1", "1"), approved_by=("a", "b"))
    one, two = case_about("L1"), NewCase(id=uuid4(), cause="other", words="w", by="u", at="S1/A")

    def tried(work: Callable[[], Any]) -> Callable[[], str]:
        def run() -> str:
            try:
                return str(work())
            except DomainError as error:
                return error.slug
        return run

    works = [tried(lambda command=command: type(world.ask("maker", command)).__name__)
             for command in (ship, move, held, release) * 40]
    works[60:60] = [tried(lambda: at_desk(world, lambda desk: open_case(desk, one)))] * 2
    works[90:90] = [tried(lambda: at_desk(world, lambda desk: open_case(desk, two)))]
    outcomes = Counter(everything(works))
    assert outcomes["True"] >= 1 and outcomes["Recorded"] >= 1
    assert world.audit() == []
    assert deadlocks(world) == 0
    available = [place for (place, status) in world.stock("maker", "L1") if status == "available"]
    assert available == [], "all of L1 is held, wherever it was when the case was opened"


def test_of_sixteen_approvals_two_count_and_the_goods_are_released_once(world: World) -> None:
    world.do("maker", register("L1", "100"))
    case = case_about("L1")
    at_desk(world, lambda desk: open_case(desk, case))
    on_case(world, case.id, lambda desk, row: review(desk, row, "q", "w"))
    on_case(world, case.id, lambda desk, row: decide(desk, row, Decided(ruling="release", reason="r", by="q")))
    hashed = shown(world, case.id)["shown"]

    def by(person: str) -> Callable[[], str]:
        said = Approval(person=person, decision="approve", meaning="m", shown=hashed)
        return lambda: on_case(world, case.id, lambda desk, row: approve(desk, row, said))

    outcomes = Counter(everything([by(f"u{n % 8}") for n in range(16)]))
    done = shown(world, case.id)
    assert set(outcomes) == {"done", "wrong-state"} and 2 <= outcomes["done"] <= 4
    assert [each["decision"] for each in done["approvals"]] == ["approve"] * 2 and done["state"] == "closed"
    assert [each["type"] for each in done["movements"]] == ["hold", "release"]
    assert world.stock("maker", "L1") == {("S1/A", "available"): 100}
    assert world.audit() == []


def test_the_same_case_opened_by_sixteen_at_once_is_one_case(world: World) -> None:
    world.do("maker", register("L1", "100"))
    case = case_about("L1", at="S1/A", quantity="30")
    opened = everything([lambda: at_desk(world, lambda desk: open_case(desk, case))] * 16)
    assert Counter(opened) == {True: 1, False: 15}
    assert world.stock("maker", "L1") == {("S1/A", "available"): 70, ("S1/A", "hold"): 30}


def test_cases_about_the_same_goods_opened_at_once_never_cover_more_than_there_is(world: World) -> None:
    world.do("maker", register("L1", "100"))

    def open_one() -> str:
        case = case_about("L1", at="S1/A", quantity="30", status="available")
        try:
            return str(at_desk(world, lambda desk: open_case(desk, case)))
        except DomainError as error:
            return error.slug

    assert Counter(everything([open_one] * 10)) == {"True": 3, "nothing-to-hold": 7}
    assert world.audit() == []


def test_a_sheet_posted_by_sixteen_while_others_ship_posts_its_differences_once(world: World) -> None:
    world.do("maker", register("L1", "1000"))
    sheet = NewSheet(id=uuid4(), by="u", blind=False, places=("S1/A",))
    counted = counting.Counted(at="S1/A", item="MED", lot="L1", counted="990", status="available")
    at_desk(world, lambda desk: make_sheet(desk, sheet))
    for act in (lambda desk, row: counting.enter(desk, row, "u1", [counted]),
                lambda desk, row: counting.finish(desk, row, "u1"),
                lambda desk, row: counting.approve(desk, row, counting.Approved(person="u2", shown=None, words=None))):
        at_desk(world, lambda desk, act=act: act(desk, find_sheet(desk, sheet.id)))
    ship = c.Ship(from_="S1/A", customer="x", lines=line("L1", "1"))
    posting = [lambda: at_desk(world, lambda desk: post(desk, find_sheet(desk, sheet.id), "u3"))] * 16
    everything([lambda: world.do("maker", ship)] * 50 + posting + [lambda: world.do("maker", ship)] * 50)
    assert world.stock("maker", "L1") == {("S1/A", "available"): 890}
    assert world.one("SELECT count(*) FROM warehouse.movement WHERE type = 'count'")[0] == 1
    assert world.audit() == []
    assert deadlocks(world) == 0


def test_the_same_recall_called_by_sixteen_while_others_ship_is_one_recall(world: World) -> None:
    world.do("maker", register("L1", "200"))
    asked = NewRecall(id=uuid4(), item="MED", lot="L1", reason="r", class_="I", by="u")
    ship = c.Ship(from_="S1/A", customer="x", lines=line("L1", "1"))
    calls = [lambda: at_desk(world, lambda desk: call(desk, asked))] * 16
    outcomes = everything([lambda: world.ask("maker", ship)] * 40 + calls + [lambda: world.ask("maker", ship)] * 40)
    assert Counter(outcomes[40:56]) == {True: 1, False: 15}
    assert {status for _, status in world.stock("maker", "L1")} == {"hold"}
    assert world.audit() == []
