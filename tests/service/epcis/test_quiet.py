"""Stretches in which a reader sees nothing: whatever order they are noted in, none hides an event that he sees."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.epcis.streams import quiet
from service.epcis.streams.quiet import Quiet

places, readers = st.integers(0, 30), st.sampled_from("ab")


@given(st.dictionaries(readers, st.sets(places)), st.lists(st.tuples(readers, places, places)))
def test_what_is_covered_is_empty(seen: dict[str, set[int]], looks: list[tuple[str, int, int]]) -> None:
    known = Quiet()
    for reader, place, last in looks:
        sees = any(place < each <= last for each in seen.get(reader, ()))
        assert not (known.covers(reader, place, last) and sees)
        if place <= last and not sees:
            known.note(reader, place, last)
            assert known.covers(reader, place, last)


def test_stretches_that_meet_are_one_and_others_are_not() -> None:
    known = Quiet()
    known.note("a", 3, 5)
    known.note("a", 5, 9)
    assert known.covers("a", 3, 9) and not known.covers("a", 2, 9) and not known.covers("b", 3, 9)
    known.note("a", 12, 15)
    assert known.covers("a", 13, 15) and not known.covers("a", 4, 15)


def test_it_forgets_rather_than_grows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quiet, "MOST_READERS", 2)
    known = Quiet()
    for reader in "abc":
        known.note(reader, 0, 1)
    assert not known.covers("a", 0, 1) and known.covers("c", 0, 1)
