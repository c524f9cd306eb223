"""Numbering rules: every number is a lot number, new, in order; what could not keep that is refused when it is made."""

from contextlib import suppress
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from stdnum import ean
from stdnum.iso7064 import mod_37_36

from service.domain import check_digits
from service.domain.errors import BadName
from service.domain.identifiers import check_lot_number
from service.domain.lookalikes import SET_82
from service.domain.lot_patterns import CHECKS, Facts, parse
from service.domain.lot_rules import PERS, RESETS, Rule, check_rule, free_numbers
from service.domain.number_errors import BadRule
from service.domain.sscc import check_prefix, last_serial, sscc

CODE_LENGTHS = {"party": 4, "site": 3, "item": 5}
FACTS = Facts(date(2026, 11, 24), "MUC", "TAB-1", "acme")

literal = st.text(sorted(SET_82), max_size=2)
dates = st.sampled_from(["", "{YYYY}", "{MM}{YY}", "{YYYY}{MM}{DD}", "{DD}{MM}{YY}", "{YY}{WW}", "{WW}{YYYY}",
                         "{YY}{DDD}", "{MM}{DD}", "{WW}", "{DDD}", "{DD}", "{YYYY}{DD}", "{YY}{MM}{DD}"])
codes = st.sampled_from(["", "", "{site}", "{item}", "{party}"])
days = st.dates(date(1, 1, 1), date(9999, 12, 31))


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    """Rules that are allowed."""
    serial = st.integers(1, 4).map(lambda width: f"{{serial:{width}}}")
    pieces = draw(st.permutations([draw(each) for each in (literal, literal, dates, codes, serial)]))
    text = "".join(pieces) + draw(st.sampled_from(["", *(f"{{check:{each}}}" for each in CHECKS)]))
    try:
        pattern = parse(text)
        start = draw(st.integers(0, 9))
        rule = Rule(pattern, draw(st.sampled_from(RESETS)), draw(st.sampled_from(PERS)), start)
        return check_rule(rule, CODE_LENGTHS)
    except BadRule:
        assume(False)
        raise


@given(rules(), days, st.data())
def test_every_number_of_an_allowed_rule_is_a_lot_number(rule: Rule, day: date, data: st.DataObject) -> None:
    serial = data.draw(st.integers(rule.start, rule.pattern.last_serial))
    facts = Facts(day, FACTS.site, FACTS.item, FACTS.party)
    assert check_lot_number(rule.pattern.number(facts, serial))
    assert len(rule.pattern.number(facts, serial)) == rule.pattern.longest(CODE_LENGTHS)


@given(rules().filter(lambda rule: rule.reset != "never"), days, st.integers(1, 800), st.data())
@settings(suppress_health_check=[HealthCheck.filter_too_much], max_examples=500)
def test_two_days_of_different_periods_never_make_the_same_number(
    rule: Rule, day: date, later: int, data: st.DataObject
) -> None:
    """So that a serial may begin again. Years are told apart within a century where only two digits show them."""
    assume(day <= date(9990, 1, 1))
    other = day + timedelta(days=later)
    assume(rule.period(day) != rule.period(other))
    serial = data.draw(st.integers(rule.start, rule.pattern.last_serial))
    first, second = (Facts(each, FACTS.site, FACTS.item, FACTS.party) for each in (day, other))
    assert rule.pattern.number(first, serial) != rule.pattern.number(second, serial)


@given(rules(), st.integers(1, 40), st.sets(st.integers(0, 60)))
def test_free_numbers_are_new_in_order_and_skip_what_exists(rule: Rule, count: int, gone: set[int]) -> None:
    taken = {rule.pattern.number(FACTS, rule.start + each) for each in gone
             if rule.start + each <= rule.pattern.last_serial}
    found, following = free_numbers(rule, FACTS, rule.start, count, lambda numbers: taken & set(numbers))
    every = [rule.pattern.number(FACTS, each)
             for each in range(rule.start, min(rule.pattern.last_serial, rule.start + 200) + 1)]
    expected = [number for number in every if number not in taken][:count]
    assert found == expected
    assert following <= rule.pattern.last_serial + 1
    again, _ = free_numbers(rule, FACTS, following, count, lambda numbers: taken & set(numbers))
    assert not set(again) & set(found)


@given(st.text(max_size=60))
def test_any_text_is_a_pattern_or_refused(text: str) -> None:
    with suppress(BadRule):
        assert parse(text).text == text


@pytest.mark.parametrize(("pattern", "number"), [
    ("{YYYY}{MM}{DD}-{serial:3}", "20261124-007"),
    ("YY{YYYY}{MM}{DD}-{serial:3}", "YY20261124-007"),
    ("{YY}{DDD}{site}{serial:2}", "26328MUC07"),
    ("{YY}W{WW}.{serial:4}", "26W48.0007"),
    ("{item}/{serial:1}", "TAB-1/7"),
    ("{party}_{serial:12}", "acme_000000000007"),
    ("{YY}{MM}{DD}{serial:3}{check:gs1}", "2611240073"),
    ("L{YY}{serial:4}{check:37-36}", "L260007C"),
])  # fmt: skip
def test_patterns_read_as_they_look(pattern: str, number: str) -> None:
    assert parse(pattern).number(FACTS, 7) == number


@pytest.mark.parametrize("day", [date(2027, 1, 1), date(2024, 12, 31)])
def test_a_week_stands_beside_the_year_it_belongs_to(day: date) -> None:
    week = day.isocalendar()
    facts = Facts(day, "MUC", "TAB-1", "acme")
    assert parse("{YYYY}{WW}{serial:1}").number(facts, 1) == f"{week.year}{week.week:02d}1"


@pytest.mark.parametrize(("pattern", "expected"), [
    ("{YYYY}{MM}{DD}", "one {serial:width}"),
    ("{serial:2}{serial:2}", "one {serial:width}"),
    ("{serial:0}", "one of"),
    ("{serial:13}", "one of"),
    ("{serial:03}", "one of"),
    ("{HH}{serial:2}", "one of"),
    ("{yyyy}{serial:2}", "one of"),
    ("{serial:2", "a }"),
    ("{serial:2}}", "set 82"),
    ("批{serial:2}", "set 82"),
    ("A B{serial:2}", "set 82"),
    ("A#{serial:2}", "set 82"),
    ("{check:gs1}{serial:2}", "at the end"),
    ("{serial:2}{check:luhn}", "one of"),
    ("{YYYY}{WW}{DD}{serial:2}", "WW without"),
    ("", "one {serial:width}"),
])  # fmt: skip
def test_a_pattern_that_cannot_be_is_refused(pattern: str, expected: str) -> None:
    with pytest.raises(BadRule, match=expected):
        parse(pattern)


@pytest.mark.parametrize(("pattern", "reset", "per", "start"), [
    ("{YYYY}{MM}{DD}-{item}-{serial:6}", "day", "rule", 1),  # 21 characters
    ("{party}{party}{party}{party}{site}{serial:2}", "never", "rule", 1),
    ("{serial:3}", "day", "rule", 1),
    ("{YYYY}{MM}-{serial:3}", "day", "rule", 1),
    ("{YYYY}{DD}-{serial:3}", "day", "rule", 1),
    ("{YYYY}{DD}-{serial:3}", "month", "rule", 1),
    ("{YYYY}{DD}-{serial:3}", "week", "rule", 1),
    ("{YYYY}{MM}-{serial:3}", "week", "rule", 1),
    ("{MM}-{serial:3}", "year", "rule", 1),
    ("{MM}{DD}-{serial:3}", "day", "rule", 1),  # the same again next year
    ("{YYYY}-{serial:3}", "week", "rule", 1),
    ("{YYYY}{WW}-{serial:3}", "month", "rule", 1),
    ("{YYYY}{WW}-{serial:3}", "day", "rule", 1),
    ("{serial:3}", "never", "rule", 1000),
    ("{serial:3}", "never", "site", 1),
    ("{serial:3}", "never", "item_and_site", 1),
])  # fmt: skip
def test_a_rule_that_would_overflow_or_repeat_itself_is_refused(pattern: str, reset: str, per: str, start: int) -> None:
    with pytest.raises(BadRule):
        check_rule(Rule(parse(pattern), reset, per, start), CODE_LENGTHS)  # type: ignore[arg-type]


@given(st.text("0123456789", min_size=1, max_size=17))
def test_the_gs1_check_digit_is_the_one_of_a_second_opinion(digits: str) -> None:
    assert check_digits.gs1(digits) == ean.calc_check_digit(digits)


@given(st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=1, max_size=19))
def test_mod_37_36_is_the_one_of_a_second_opinion(text: str) -> None:
    assert check_digits.mod_37_36(text) == mod_37_36.calc_check_digit(text)
    assert check_digits.mod_37_36(text.lower()[:3] + "-" + text[3:]) == mod_37_36.calc_check_digit(text)


@given(st.text("0123456789", min_size=7, max_size=12), st.integers(0, 9), st.data())
def test_an_sscc_has_18_digits_and_a_right_check_digit(prefix: str, extension: int, data: st.DataObject) -> None:
    code = sscc(extension, prefix, data.draw(st.integers(0, last_serial(prefix))))
    assert len(code) == 18 and ean.calc_check_digit(code[:-1]) == code[-1]
    assert code.startswith(f"{extension}{prefix}")


@pytest.mark.parametrize("prefix", ["950600", "9506000134352", "95060O0", "２50600012", "2012345", "0412345"])
def test_what_gs1_gives_to_no_company_is_no_prefix(prefix: str) -> None:
    with pytest.raises(BadName):
        check_prefix(prefix)
