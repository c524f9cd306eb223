"""The family of a lot as a picture: what it was made of on the left, what it went into on the right.

Ranks are transformations away from the lot. The picture is SVG without a script; the list beside it says the same.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

BOX, HIGH, ACROSS, GAP = 190, 54, 70, 18
MOST_IN_RANK = 12


@dataclass(frozen=True, slots=True)
class Node:
    """A box; `folded`: it stands for so many more that are not drawn."""

    uri: str
    item: str
    lot: str
    relation: str
    x: int
    y: int
    folded: int = 0


@dataclass(frozen=True, slots=True)
class Drawing:
    """`lines` are x1, y1, x2, y2 from right edge to left edge."""

    width: int
    height: int
    nodes: list[Node]
    lines: list[tuple[int, int, int, int]]


def drawn(trace: Mapping[str, Any]) -> Drawing | None:
    """The picture of a trace (`GET /lots/trace`); None for a lot without family."""
    descent = [(edge["from"], edge["to"]) for edge in trace["edges"] if edge["kind"] == "descent"]
    if not descent:
        return None
    known = {node["uri"]: node for node in trace["nodes"]}
    ranks = _ranks(trace["lot"], [(a, b) for a, b in descent if a in known and b in known])
    nodes = list(_placed(ranks, known))
    where = {node.uri: node for node in nodes if not node.folded}
    lines = {(where[a].x + BOX, where[a].y + HIGH // 2, where[b].x, where[b].y + HIGH // 2)
             for a, b in descent if a in where and b in where}  # fmt: skip
    height = max(node.y for node in nodes) + HIGH
    return Drawing(max(node.x for node in nodes) + BOX, height, nodes, sorted(lines))


def _ranks(lot: str, descent: list[tuple[str, str]]) -> dict[str, int]:
    """Parents below zero, children above; each as near as it comes."""
    ranks, waiting = {lot: 0}, [lot]
    while waiting:
        here = waiting.pop(0)
        for parent, child in descent:
            for other, step, right in ((parent, -1, child == here), (child, 1, parent == here)):
                if right and other not in ranks and ranks[here] * step >= 0:
                    ranks[other] = ranks[here] + step
                    waiting.append(other)
    return ranks


def _placed(ranks: Mapping[str, int], known: Mapping[str, Any]) -> Iterator[Node]:
    columns: dict[int, list[str]] = defaultdict(list)
    for uri, rank in ranks.items():
        columns[rank].append(uri)
    first = min(columns)
    for rank, uris in columns.items():
        x = (rank - first) * (BOX + ACROSS)
        for row, uri in enumerate(uris[:MOST_IN_RANK]):
            node = known[uri]
            yield Node(uri, node["item"], node["lot"], node["relation"], x, row * (HIGH + GAP))
        if len(uris) > MOST_IN_RANK:
            yield Node("", "", "", "", x, MOST_IN_RANK * (HIGH + GAP), len(uris) - MOST_IN_RANK)
