"""The mass balance of a production order: for each measure, what went in, what came out and what was declared lost.

Each run was balanced when it was recorded (`service.domain.mass`), exactly or not at all, so their sums are too. Runs
whose items have no measure in common are counted, not summed.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple


class Portion(NamedTuple):
    """Content in a measure, below zero where it was used up; exact."""

    measure: str
    amount: Fraction


@dataclass(slots=True)
class Balance:
    """What went in is what came out and what was lost."""

    measure: str
    consumed: Fraction = Fraction(0)
    produced: Fraction = Fraction(0)
    loss: Fraction = Fraction(0)

    @property
    def yield_percent(self) -> Decimal | None:
        """What came out of what went in, in hundredths of a per cent, rounded down: a yield never looks better."""
        return percent(self.produced, self.consumed)


def percent(part: Fraction | int, whole: Fraction | int) -> Decimal | None:
    return Decimal(int(Fraction(part) * 10_000 / whole)).scaleb(-2) if whole else None


def balances_of(runs: Iterable[tuple[Iterable[Portion], str | None]]) -> tuple[list[Balance], int]:
    """The balances, by measure, and how many runs have none: a lot that was only registered, or measures that differ.

    A run is its portions and its declared loss.
    """
    found, without = dict[str, Balance](), 0
    for portions, loss in runs:
        portions = tuple(portions)
        measures = {each.measure for each in portions}
        if len(measures) != 1 or not any(each.amount < 0 for each in portions):
            without += 1
            continue
        measure = measures.pop()
        balance = found.setdefault(measure, Balance(measure))
        balance.consumed -= sum((min(each.amount, Fraction(0)) for each in portions), Fraction(0))
        balance.produced += sum((max(each.amount, Fraction(0)) for each in portions), Fraction(0))
        balance.loss += Fraction(loss or 0)
    return [found[measure] for measure in sorted(found)], without
