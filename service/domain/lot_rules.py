"""A party's rule for lot numbers: a pattern, whose items, and when and where its serial begins again.

A serial that begins again must stand beside what tells the periods apart, or the same number would come twice: a rule
that could do that is refused when it is made, not when the second lot is received.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Literal, get_args

from service.domain.identifiers import check_lot_number
from service.domain.lot_patterns import LONGEST, Facts, Pattern
from service.domain.number_errors import BadRule

Reset = Literal["never", "year", "month", "week", "day"]
Per = Literal["rule", "item", "site", "item_and_site"]
RESETS: tuple[Reset, ...] = get_args(Reset)
PERS: tuple[Per, ...] = get_args(Per)

# The date tokens that tell two periods apart, beside the year; any one set of them will do.
_TELLING: dict[Reset, tuple[tuple[str, ...], ...]] = {
    "never": ((),),
    "year": ((),),
    "month": (("MM",), ("DDD",)),
    "week": (("WW",), ("MM", "DD"), ("DDD",)),
    "day": (("MM", "DD"), ("DDD",)),
}


@dataclass(frozen=True, slots=True)
class Rule:
    """`start` is the first serial of each period."""

    pattern: Pattern
    reset: Reset
    per: Per
    start: int

    def period(self, day: date) -> str:
        """What names the period of `day`: '', '2026', '2026-11', '2026-W48' or '2026-11-24'."""
        week = day.isocalendar()
        return {
            "never": "",
            "year": f"{self.pattern.year(day):04d}",
            "month": f"{day:%Y-%m}",
            "week": f"{week.year:04d}-W{week.week:02d}",
            "day": day.isoformat(),
        }[self.reset]

    def numbers(self, facts: Facts, serial: int) -> Iterator[tuple[int, str]]:
        """All numbers from `serial` to the last one, in order; raises BadName where a code has grown too long."""
        for each in range(serial, self.pattern.last_serial + 1):
            yield each, check_lot_number(self.pattern.number(facts, each))


def check_rule(rule: Rule, codes: dict[str, int]) -> Rule:
    """Raises BadRule; `codes` is the length of the longest code of party, site and item that it will meet."""
    pattern = rule.pattern
    longest = pattern.longest(codes)
    if longest > LONGEST:
        raise BadRule(pattern.text, f"at most {LONGEST} characters", f"{longest} with the codes there are")
    if not 0 <= rule.start <= pattern.last_serial:
        raise BadRule(pattern.text, f"a start from 0 to {pattern.last_serial}", str(rule.start))
    if rule.reset != "never" and not _tells_apart(pattern, rule.reset):
        raise BadRule(pattern.text, f"tokens that tell one {rule.reset} from the next", f"reset {rule.reset}")
    if "site" in rule.per and not pattern.has("site"):
        raise BadRule(pattern.text, "{site} where each site counts for itself", f"per {rule.per}")
    return rule


def _tells_apart(pattern: Pattern, reset: Reset) -> bool:
    has_year = pattern.has("YYYY") or pattern.has("YY")
    return has_year and any(pattern.has(*tokens) for tokens in _TELLING[reset])


Known = Callable[[list[str]], set[str]]
BATCH = 1_000


def free_numbers(rule: Rule, facts: Facts, serial: int, count: int, known: Known) -> tuple[list[str], int]:
    """Up to `count` numbers that are not `known`, in order from `serial` on, and the serial that comes next.

    Fewer than `count` come only where the serial is used up.
    """
    made = rule.numbers(facts, serial)
    found: list[str] = []
    size = count  # mostly all of them are free; where some are not, many may be
    while len(found) < count and (batch := list(islice(made, size))):
        taken = known([number for _, number in batch])
        for each, number in batch:
            if len(found) < count:
                serial = each + 1
                found.extend([number] if number not in taken else [])
        size = BATCH
    return found, serial
