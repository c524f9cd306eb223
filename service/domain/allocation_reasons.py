"""The words of the allocator: one sentence for each code, made when somebody reads it."""

from collections.abc import Callable, Mapping
from typing import Any

Facts = Mapping[str, Any]
BY_HAND = "chosen: by hand, "
"""How the words of a lot begin that somebody chose; who picks it says so in the movement."""


def reason_words(code: str, facts: Facts) -> str:
    """`chosen: …` or `skipped: …` or `not needed`."""
    return _WORDS[code](facts)


def _fefo(facts: Facts) -> str:
    if facts["expiry_date"] is None:
        return "has no expiry date" if facts["first"] else "has no expiry date, so it comes last"
    place = "the earliest" if facts["first"] else "the next"
    if facts.get("aged_to") is not None:
        return f"aged as if it expired {facts['aged_to']}, its date is {facts['expiry_date']}, {place}"
    return f"expires {facts['expiry_date']}, {place}"


def _arrival(facts: Facts, extreme: str) -> str:
    day = f" {facts['arrived']}" if facts["arrived"] else ""
    return f"arrived{day}, {extreme if facts['first'] else 'the next'}"


def _by_policy(facts: Facts) -> str:
    if facts["policy"] == "FEFO":
        return _fefo(facts)
    return _arrival(facts, "the first" if facts["policy"] == "FIFO" else "the last")


def _too_little_life(facts: Facts) -> str:
    if "days_wanted" in facts:
        wanted, left = f"{facts['days_wanted']} days", f"{facts['days_left']} are"
    else:
        wanted, left = f"{facts['percent_wanted']} % of its life", f"{facts['percent_left']} % are"
    return f"skipped: expires {facts['expiry_date']}, customer wants {wanted} left, {left} left"


_WORDS: dict[str, Callable[[Facts], str]] = {
    "fefo": lambda facts: f"chosen: {_by_policy(facts)}",
    "fefo-aged": lambda facts: f"chosen: {_by_policy(facts)}",
    "fifo": lambda facts: f"chosen: {_by_policy(facts)}",
    "lifo": lambda facts: f"chosen: {_by_policy(facts)}",
    "whole-pallet": lambda facts: f"chosen: a whole pallet, {_by_policy(facts)}",
    "by-hand": lambda facts: f"{BY_HAND}{facts['reason']}",
    "ordered-lot": lambda facts: "chosen: this lot was ordered",
    "other-lot": lambda facts: f"skipped: lot {facts['wanted']} was ordered",
    "other-site": lambda facts: f"skipped: lies at {facts['site']}, the order is for {facts['wanted']}",
    "recalled": lambda facts: "skipped: recalled",
    "on-hold": lambda facts: "skipped: on hold",
    "in-quarantine": lambda facts: f"skipped: lies in quarantine at {facts['place']}",
    "expired": lambda facts: f"skipped: expired, its last usable day was {facts['expiry_date']}",
    "too-little-life": _too_little_life,
    "life-unknown": lambda facts: (
        f"skipped: customer wants {facts['percent_wanted']} % of its life left, and nobody knows when it was made"
    ),
    "reserved": lambda facts: f"skipped: reserved by order {', '.join(facts['orders'])}",
    "not-needed": lambda facts: "not needed",
}
CODES = tuple(_WORDS)
CHOSEN = frozenset({"fefo", "fefo-aged", "fifo", "lifo", "whole-pallet", "ordered-lot", "by-hand"})
