"""The state machine of quarantine cases, every pair of state and act; who may approve; what may leave a case."""

from collections import Counter
from dataclasses import replace
from uuid import UUID

import pytest

from service.domain import commands as c
from service.domain.book import Book
from service.domain.cases import (
    ACTS,
    APPROVERS,
    CAUSES,
    NEED_TWO,
    RELEASING,
    RULINGS,
    STATES,
    TABLE,
    WITNESSES,
    Lying,
    NothingToHold,
    OpenCase,
    after,
    check_approver,
    check_ruling,
    taken_in,
)
from service.domain.covers import UnderCase
from service.domain.errors import (
    BadText,
    DomainError,
    NeedsApproval,
    StatusUnclear,
    TooFewWitnesses,
    UnknownThing,
    WrongStatus,
)
from service.domain.places import Virtual
from service.domain.states import WrongState
from tests.service.domain.books import do, line, make_book, refused, register, stock

LEADS_TO = {
    "open": {"find": "open", "attach": "open", "review": "under_review"},
    "under_review": {"find": "under_review", "attach": "under_review", "decide": "decided"},
    "decided": {
        "find": "under_review", "attach": "under_review", "review": "under_review", "approve": "decided",
        "reject": "under_review", "finish_part": "under_review", "finish": "closed",
    },
    "closed": {},
}  # fmt: skip
CASE = UUID(int=7)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("act", ACTS)
def test_every_act_in_every_state_leads_where_the_table_says_or_is_refused(state: str, act: str) -> None:
    expected = LEADS_TO[state].get(act)
    if expected is not None:
        assert after(state, act) == expected
        return
    with pytest.raises(WrongState) as caught:
        after(state, act)
    assert caught.value.seen == state
    assert caught.value.expected == " or ".join(sorted(before for before, acts in LEADS_TO.items() if act in acts))


def test_the_table_speaks_of_known_states_and_acts_and_a_closed_case_stays_closed() -> None:
    assert {state for state, _ in TABLE} | set(TABLE.values()) == set(STATES)
    assert {act for _, act in TABLE} == set(ACTS)
    assert not [act for state, act in TABLE if state == "closed"]


@pytest.mark.parametrize("ruling", RULINGS)
def test_who_opened_a_case_cannot_release_its_goods(ruling: str) -> None:
    check_approver(ruling, "u2", opened_by="u1")
    if ruling in RELEASING:
        with pytest.raises(NeedsApproval):
            check_approver(ruling, "u1", opened_by="u1")
    else:
        check_approver(ruling, "u1", opened_by="u1")
    assert set(RELEASING) < set(NEED_TWO)


def test_a_decision_says_what_it_must_say() -> None:
    check_ruling("destroy", reason="r", witnesses=("w1", "w2"), certificate="DC", goods=False)
    check_ruling("partial_release", reason="r", witnesses=(), certificate=None, goods=True)
    with pytest.raises(TooFewWitnesses):
        check_ruling("destroy", reason="r", witnesses=("w1", "w1"), certificate="DC", goods=False)
    for ruling, certificate, goods in (("destroy", None, False), ("partial_release", None, False),
                                       ("release", None, True)):
        with pytest.raises(BadText):
            check_ruling(ruling, reason="r", witnesses=("w1", "w2"), certificate=certificate, goods=goods)


def test_all_that_is_under_no_case_is_taken_in() -> None:
    lying = Lying("L", "S/A", available=5, held=4, covered=1)
    assert taken_in(lying, None, None) == (5, 8)
    assert taken_in(lying, None, "hold") == (0, 3)
    assert taken_in(lying, None, "available") == (5, 5)
    assert taken_in(lying, 2, "available") == (2, 2)
    assert taken_in(lying, 3, "hold") == (0, 3)
    with pytest.raises(StatusUnclear):
        taken_in(lying, 2, None)
    for units, status in ((6, "available"), (4, "hold")):
        with pytest.raises(NothingToHold):
            taken_in(lying, units, status)
    assert taken_in(Lying("L", "S/A", 5, 1, 1), 2, None) == (2, 2)
    assert taken_in(Lying("L", "S/A", 0, 3, 1), 2, None) == (0, 2)
    with pytest.raises(NothingToHold):
        taken_in(Lying("L", "S/A", 0, 3, 1), 2, "available")


def book_with_case(ruling: str | None = None, approvers: tuple[str, ...] = (), covered: int = 6) -> Book:
    """10 of L1 on hold at A, `covered` of them under the case; 5 available."""
    book = make_book()
    do(book, "maker", register("L1", "15"))
    do(book, "maker", c.Hold(at="S1/A", reason="x", lines=line("L1", "10")))
    maker = book.party("maker")
    lot, place = book.lots_by_number[book.item(maker, "MED").id, "L1"], book.location(maker, "S1/A")
    state = "decided" if ruling else "under_review"
    book.cases[maker.id, CASE] = OpenCase(1, CASE, ruling, state, frozenset(approvers))
    book.covered[lot.id, place.id] = {1: covered}
    book.case_ids |= {1: CASE, 2: UUID(int=8)}
    return book


def covers(book: Book) -> dict[str, int]:
    """What is covered, by name of the place."""
    names = {place: location.name for place, location in book.locations_by_id.items()} | {
        int(Virtual.TRANSFER): "transfer", int(Virtual.DISPUTED): "disputed", int(Virtual.ADJUSTMENT): "lost"}
    found: Counter[str] = Counter()
    for (_, place), by_case in book.covered.items():
        found[names[place]] += sum(by_case.values())
    return dict(+found)


TWO = ("u2", "u3")
LEAVING: tuple[c.Command, ...] = (
    c.Release(at="S1/A", lines=line("L1", "5"), approved_by=TWO),
    c.Destroy(from_="S1/A", lines=line("L1", "5", status="hold"), witnesses=TWO, certificate="DC", approved_by=TWO),
    c.Return(from_="S1/A", lines=line("L1", "5", status="hold"), supplier="Acme", reason="r"),
    c.Rework(at="S1/A", lines=line("L1", "5"), reason="r", outputs=(c.NewLotLine("MED", "L1-R", "5"),)),
    c.Split(at="S1/A", item="MED", lot="L1", outputs=(c.Output("L1-1", "5"),), status="hold"),
    c.Repack(at="S1/A", lines=line("L1", "5", status="hold"), outputs=(c.NewLotLine("MED", "L1-R", "5"),)),
)  # fmt: skip


@pytest.mark.parametrize("command", LEAVING, ids=lambda command: command.type)
def test_what_lies_beside_goes_first_and_what_is_covered_stays(command: c.Command) -> None:
    refused(book_with_case(), "maker", command, UnderCase)
    free = book_with_case(covered=5)
    do(free, "maker", command)
    assert covers(free) == {"S1/A": 5}


@pytest.mark.parametrize(("ruling", "command"), list(zip(
    ("release", "destroy", "return_to_supplier", "rework"), LEAVING[:4], strict=True
)), ids=("release", "destroy", "return", "rework"))
def test_a_movement_that_names_the_case_takes_its_goods_when_the_decision_allows_it(
    ruling: str, command: c.Command
) -> None:
    command = replace(command, case=CASE)  # type: ignore[call-arg]
    book = book_with_case(ruling, TWO)
    do(book, "maker", command)
    left = {"S1/A": 6} if command.type == "rework" else {"S1/A": 1}  # what is reworked stays in the case
    assert covers(book) == left
    for other in {None, *RULINGS} - {ruling, "partial_release"}:
        refused(book_with_case(other, TWO), "maker", command, WrongState)
    refused(book_with_case(ruling, TWO, covered=4), "maker", command, UnderCase)
    refused(make_book_without_case(), "maker", command, UnknownThing)
    if command.type in ("release", "destroy"):
        for approvers in ((), ("u2",), ("u2", "u9")):
            refused(book_with_case(ruling, approvers), "maker", command, NeedsApproval)


def make_book_without_case() -> Book:
    book = book_with_case()
    book.cases.clear()
    return book


def test_the_case_goes_where_its_goods_go() -> None:
    book = book_with_case()
    do(book, "maker", c.Move(from_="S1/A", to="S1/Q", lines=line("L1", "7", status="hold")))
    assert covers(book) == {"S1/A": 3, "S1/Q": 3}
    release = c.Release(at="S1/Q", lines=line("L1", "5"), approved_by=TWO)
    error = refused(book, "maker", release, UnderCase)
    assert error.where["case"] == str(CASE)
    do(book, "maker", c.Release(at="S1/Q", lines=line("L1", "4"), approved_by=TWO))
    assert stock(book, "maker", "L1")["S1/Q", "hold"] == 3


def counted(quantity: str, status: c.Status) -> c.Count:
    return c.Count(at="S1/A", lines=(c.CountLine("MED", "L1", quantity, status),), counted_by="u1", approved_by="u2")


def test_no_count_turns_held_goods_of_a_case_into_available_ones() -> None:
    """Written off on hold, they can only be found again on hold, also those that were under no case."""
    book = book_with_case()
    do(book, "maker", counted("2", "hold"))
    assert covers(book) == {"S1/A": 2, "lost": 4}
    for quantity in ("6", "10", "15"):
        refused(book, "maker", counted(quantity, "available"), WrongStatus)
    do(book, "maker", counted("9", "hold"))  # of the eight that were lost, four are under no case and found first
    assert covers(book) == {"S1/A": 5, "lost": 1}
    do(book, "maker", counted("11", "hold"))
    do(book, "maker", counted("6", "available"))
    assert covers(book) == {"S1/A": 6}


def test_several_lines_of_one_movement_are_taken_one_after_another() -> None:
    two = line("L1", "3") + line("L1", "2")
    refused(book_with_case(), "maker", c.Release(at="S1/A", lines=two, approved_by=TWO), UnderCase)


def test_of_two_cases_over_one_lot_neither_is_emptied_through_the_other() -> None:
    book = book_with_case("release", TWO)
    for by_case in book.covered.values():
        by_case[2] = 4
    refused(book, "maker", c.Release(at="S1/A", lines=line("L1", "7"), approved_by=TWO, case=CASE), UnderCase)
    do(book, "maker", c.Release(at="S1/A", lines=line("L1", "6"), approved_by=TWO, case=CASE))
    refused(book, "maker", c.Release(at="S1/A", lines=line("L1", "1"), approved_by=TWO), UnderCase)


def test_causes_and_rulings_are_those_that_people_know() -> None:
    assert set(CAUSES) == {"damaged", "contaminated", "expired", "suspect", "temperature", "humidity", "recall",
                           "other"}
    assert set(RULINGS) == {
        "release", "partial_release", "rework", "return_to_supplier", "destroy", "keep_on_hold"}
    assert set(RELEASING) == {"release", "partial_release"} and set(NEED_TWO) == {*RELEASING, "destroy"}
    assert (APPROVERS, WITNESSES) == (2, 2)
    assert issubclass(UnderCase, DomainError)
