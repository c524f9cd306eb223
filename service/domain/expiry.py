"""When a lot has expired: the one rule, for everybody who asks.

An expiry date is the last usable day at the site where the goods lie. The day there follows from the moment and the
site's time zone alone, so goods lock themselves at midnight whether or not a process runs. In the database the same
rule is the function `warehouse.expired(expiry, milliseconds, zone)`; a test holds the two against each other.
"""

from datetime import date, datetime
from zoneinfo import ZoneInfo


def day_at(now: datetime, zone: str) -> date:
    """The calendar day at this moment in an IANA time zone."""
    return now.astimezone(ZoneInfo(zone)).date()


def has_expired(last_usable_day: date | None, today: date) -> bool:
    """Whether a lot may no longer be used on this day; a lot without a date never expires."""
    return last_usable_day is not None and today > last_usable_day
