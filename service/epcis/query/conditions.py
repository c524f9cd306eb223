"""A question, taken apart: conditions that all must hold, and in which order the answer comes."""

from dataclasses import dataclass
from dataclasses import field as made
from typing import Literal

Comparison = Literal["EQ", "GT", "GE", "LT", "LE", "EXISTS", "WD"]
Kind = Literal["text", "number", "time", "boolean", "any"]
"""How values compare; `any`: whatever the value in the event is, it is compared with a value of that kind."""

HIDDEN = "rest"
"""The group of what nobody sees who does not see the whole event (`service.proof.fields`)."""


@dataclass(frozen=True, slots=True)
class Column:
    """A property that each event has in a column of its own."""

    name: str


@dataclass(frozen=True, slots=True)
class Identifiers:
    """The EPCs or classes that stand in these properties of an event."""

    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Paths:
    """Whatever these SQL/JSON paths find in the body of an event."""

    paths: tuple[str, ...]
    kind: Kind = "text"


@dataclass(frozen=True, slots=True)
class Extension:
    """A field that the standard does not know, behind any of `stems` (paths). Its prefix may be another one in each
    event: `namespace` is what it must stand for; None where the asker declared none, and then the prefix itself counts.
    """

    stems: tuple[str, ...]
    prefix: str
    local: str
    namespace: str | None = None


@dataclass(frozen=True, slots=True)
class Attribute:
    """Master data of the vocabulary elements in a property: `name` is the attribute."""

    property: str
    name: str


Target = Column | Identifiers | Paths | Extension | Attribute


@dataclass(frozen=True, slots=True)
class Condition:
    """`target` compared with any of `values`; none are needed for EXISTS. `group` is the disclosure group of what is
    looked at: who is not shown it cannot ask for it either. `patterns`: for identifiers, also whatever is LIKE one."""

    parameter: str
    target: Target
    comparison: Comparison
    values: tuple[str, ...]
    group: str = HIDDEN
    patterns: tuple[str, ...] = ()


EVENT_TIME, RECORD_TIME = "event_time", "record_time"


@dataclass(frozen=True, slots=True)
class Order:
    """By a column, or by an extension field; `group` as in a condition."""

    column: str = EVENT_TIME
    field: Extension | None = None
    descending: bool = True
    group: str = "base"


@dataclass(frozen=True, slots=True)
class Question:
    """`limit`: no more than the first so many; `most`: refuse if there are more."""

    conditions: tuple[Condition, ...] = ()
    order: Order = made(default_factory=Order)
    limit: int | None = None
    most: int | None = None
