"""The pages of the console in groups, for the list beside every page, and the keys that lead to them.

A page is in the list where an operation that it stands on is open to who looks (`frame.NAVIGATION`); one that no group
names stands with the work of the day. The keys are typed after `g`, on office pages only: a scanner types letters.
"""

from collections.abc import Iterable
from typing import NamedTuple

GROUPS = (
    ("nav.group.work", ("dashboard", "scan", "orders", "handoffs", "counts")),
    ("nav.group.goods", ("lots", "expiry", "figures", "reports")),
    ("nav.group.quality", ("quality", "sensors", "recalls", "trail")),
    ("nav.group.company", ("people", "parties", "keys", "access", "numbers", "imports")),
    ("nav.group.record", ("ledger",)),
)
KEYS = {
    "dashboard": "h", "scan": "s", "orders": "o", "handoffs": "t", "counts": "c", "lots": "l", "expiry": "e",
    "reports": "r", "figures": "f", "quality": "q", "recalls": "x", "trail": "a", "people": "p", "parties": "b",
    "keys": "k", "access": "w", "sensors": "m", "numbers": "n", "imports": "i", "ledger": "d",
}  # fmt: skip


class Entry(NamedTuple):
    """`key` is typed after `g`; empty where there is none."""

    label: str
    address: str
    here: bool
    key: str


def grouped(entries: Iterable[tuple[str, str, str, bool]]) -> list[tuple[str, list[Entry]]]:
    """Of (label, endpoint, address, here) the groups that have any, as label and entries."""
    known = {f"console.{name}": group for group, names in GROUPS for name in names}
    order = {f"console.{name}": at for at, name in enumerate(name for _, names in GROUPS for name in names)}
    found: dict[str, list[Entry]] = {group: [] for group, _ in GROUPS}
    for label, endpoint, address, here in sorted(entries, key=lambda each: order.get(each[1], len(order))):
        group = known.get(endpoint, GROUPS[0][0])
        found[group].append(Entry(label, address, here, KEYS.get(endpoint.partition(".")[2], "")))
    return [(group, listed) for group, listed in found.items() if listed]
