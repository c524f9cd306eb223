"""Examples of every request that has a body, as one story: played in order, each succeeds.

`examples.json` is the list; the OpenAPI document shows each example at its operation, and a test plays the story.
"""

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("examples.json")


@dataclass(frozen=True, slots=True)
class Example:
    """`by` is a party, `operator` or a person; `path`, below the API's prefix, is called by the `rule` of an operation.

    Where the service chooses what a later request must say, `keeps` names it: the answer's member `kept` (its `id`),
    for which `{name}` stands in a later path or body. `{code}` is the next code of the person's second factor. What is
    only looked up is `read`, and no example of anything.
    """

    by: str
    path: str
    rule: str
    body: dict[str, Any]
    expect: int
    keeps: str | None
    kept: str
    read: bool = False

    @property
    def name(self) -> str:
        """A key for the document: the movement's type, or the code of what is made."""
        return str(self.body.get("type") or self.body.get("code") or self.body.get("id") or "example")


def story() -> Iterator[Example]:
    """All examples, in the order in which they can be sent."""
    for each in json.loads(FILE.read_text("utf-8")):
        path = each.get("post") or each["get"]
        yield Example(each["by"], path, each.get("rule", path), each.get("body", {}), each.get("expect", 201),
                      each.get("keeps"), each.get("kept", "id"), "get" in each)


@cache
def of_operation(rule: str) -> dict[str, Any]:
    """The examples of a POST, as OpenAPI wants them; the first of each name."""
    return _by_rule().get(rule, {})


@cache
def _by_rule() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = defaultdict(dict)
    for example in story():
        if example.read:
            continue
        found[example.rule].setdefault(example.name, {"value": example.body})
    return found
