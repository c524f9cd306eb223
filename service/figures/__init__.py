"""Figures of a house over some weeks: how stock flows, how well it is handled, how late the ledger is.

    days        what was recorded each day, and how many lots were on hold at its end
    flow        turnover, days of stock, how long goods stand at docks and in staging
    handling    picks by the rule or by hand, counts that agreed, scans and typed codes
    partners    how long handoffs take, keys that expire
    audits      integrity reports that ran, and what they found

Each is a question to the database for one party and one period, in milliseconds. What is a share is None of nothing.
"""

from dataclasses import dataclass

DAY = 86_400_000


@dataclass(frozen=True, slots=True)
class Period:
    """Whose, from when (counted in) to when; `since` < `now`, in milliseconds."""

    party_id: int
    since: int
    now: int

    @property
    def days(self) -> float:
        return (self.now - self.since) / DAY


def share(part: int, whole: int) -> float | None:
    """With four decimals; None of nothing."""
    return round(part / whole, 4) if whole else None


def hours(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else round(milliseconds / 3_600_000, 5)
