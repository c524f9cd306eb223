"""What a document says, apart from its syntax."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Event = dict[str, Any]
Spelling = Mapping[str, str]
"""Canonical URI: how the document spelled it, where that is another way."""


class Unreadable(ValueError):
    """No document of EPCIS 2.0; `where` is a JSON pointer or an element, `expected` and `seen` as far as known."""

    def __init__(self, detail: str, *, where: str = "", expected: str | None = None, seen: str | None = None) -> None:
        super().__init__(f"{where}: {detail}" if where else detail)
        self.where, self.expected, self.seen = where, expected, seen


@dataclass(slots=True)
class Document:
    """`type` is EPCISDocument or EPCISQueryDocument; the latter has `query_name` and `subscription`.

    `events` are canonical; `spellings` has one member for each, or none at all. `prefixes`: what the context of the
    whole document declares, beside what each event brings along. `ignored`: names of extensions that the document says
    not to take into the event hash. `xml`: it came as XML.
    """

    events: list[Event]
    type: str = "EPCISDocument"
    schema_version: str = "2.0"
    creation_date: str = ""
    id: str | None = None
    sender: str | None = None
    receiver: str | None = None
    instance_identifier: str | None = None
    header: dict[str, Any] | None = None
    extensions: dict[str, Any] = field(default_factory=dict)
    prefixes: dict[str, Any] = field(default_factory=dict)
    query_name: str | None = None
    subscription: str | None = None
    spellings: list[Spelling] = field(default_factory=list)
    ignored: frozenset[str] = frozenset()
    xml: bool = False
