"""What one JSON value may be. Each field is a marshmallow field whose whole rule is its `read`.

Nothing is coerced: `"1"` is no number, `true` no integer, `" A1"` no code. `read` returns the value as the domain
takes it or raises ValidationError saying what was expected and seen; `doc` is what the OpenAPI document says of the
same rule.
"""

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

import marshmallow as ma
from marshmallow import ValidationError

from service.api.problem import shown


class Shape(ma.Schema):
    """An object whose members are all known; `makes` is what it becomes, a dict if nothing else is said."""

    makes: ClassVar[Callable[..., Any]] = dict

    class Meta:
        unknown = ma.RAISE

    @ma.post_load
    def _made(self, loaded: dict[str, Any], **_: Any) -> Any:
        return type(self).makes(**loaded)


class Field(ma.fields.Field[Any]):
    """`expected` names the rule in a refusal."""

    expected = "a value"

    def __init__(self, *, doc: dict[str, Any] | None = None, **options: Any) -> None:
        super().__init__(metadata={**self.documentation(), **(doc or {})}, **options)

    def documentation(self) -> dict[str, Any]:
        return {}

    def read(self, value: Any) -> Any:
        raise NotImplementedError

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> Any:
        return self.read(value)

    def refuse(self, value: Any) -> ValidationError:
        return ValidationError(f"expected {self.expected}, got {shown(value)}")


class Text(Field):
    """One line of text: no control characters, no white space at its ends, at most `most` characters."""

    def __init__(self, most: int = 200, *, pattern: str | None = None, called: str = "", **options: Any) -> None:
        self.most, self.pattern = most, pattern
        self._matches = re.compile(pattern).fullmatch if pattern else None
        self.expected = called or f"text of 1 to {most} characters without control characters"
        super().__init__(**options)

    def documentation(self) -> dict[str, Any]:
        rule = {"type": "string", "minLength": 1, "maxLength": self.most}
        return {**rule, "pattern": f"^{self.pattern}$"} if self.pattern else rule

    def read(self, value: Any) -> str:
        if not isinstance(value, str) or not 0 < len(value) <= self.most:
            raise self.refuse(value)
        if self._matches:
            if not self._matches(value):
                raise self.refuse(value)
        elif not value.isprintable() or value.strip() != value:
            raise self.refuse(value)
        return value


class Quantity(Text):
    """An exact decimal as text; a JSON number would pass through binary floating point in half of all clients."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            26,
            pattern=r"(0|[1-9][0-9]{0,15})(\.[0-9]{1,9})?",
            called='a decimal as text, like "12" or "0.250"',
            **options,
        )


class Day(Field):
    """A calendar day; a date of expiry has no time zone."""

    expected = "a date like 2027-06-30"

    def documentation(self) -> dict[str, Any]:
        return {"type": "string", "format": "date"}

    def read(self, value: Any) -> date:
        if not isinstance(value, str) or len(value) != 10 or not value.isascii():
            raise self.refuse(value)
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise self.refuse(value) from None


_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)", re.ASCII)


class Instant(Field):
    """RFC 3339 with an offset: the local time of an event is part of what happened."""

    expected = "a time with offset like 2026-11-22T10:30:00+08:00"

    def documentation(self) -> dict[str, Any]:
        return {"type": "string", "format": "date-time"}

    def read(self, value: Any) -> datetime:
        if not isinstance(value, str) or not _INSTANT.fullmatch(value):
            raise self.refuse(value)
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            raise self.refuse(value) from None


class Choice(Field):
    def __init__(self, *options: str, **rest: Any) -> None:
        self.options = options
        self.expected = "one of " + ", ".join(options)
        super().__init__(**rest)

    def documentation(self) -> dict[str, Any]:
        return {"type": "string", "enum": list(self.options)}

    def read(self, value: Any) -> str:
        if not isinstance(value, str) or value not in self.options:
            raise self.refuse(value)
        return value


class Flag(Field):
    expected = "true or false"

    def documentation(self) -> dict[str, Any]:
        return {"type": "boolean"}

    def read(self, value: Any) -> bool:
        if not isinstance(value, bool):
            raise self.refuse(value)
        return value


class Whole(Field):
    """A JSON Schema integer: 3.0 is one, "3" and true are not."""

    def __init__(self, least: int, most: int, **options: Any) -> None:
        self.least, self.most = least, most
        self.expected = f"a whole number from {least} to {most}"
        super().__init__(**options)

    def documentation(self) -> dict[str, Any]:
        return {"type": "integer", "minimum": self.least, "maximum": self.most}

    def read(self, value: Any) -> int:
        whole = type(value) is int or (type(value) is Decimal and value == int(value))
        if not whole or not self.least <= value <= self.most:
            raise self.refuse(value)
        return int(value)


class WholeInQuery(Whole):
    """The same number where everything is text: in a query string."""

    def read(self, value: Any) -> int:
        if not re.fullmatch(r"0|[1-9][0-9]{0,15}", value, re.ASCII):
            raise self.refuse(value)
        return super().read(int(value))


class Uuid(Text):
    """One spelling: lower case with hyphens, as it will stand in the statement."""

    def __init__(self, **options: Any) -> None:
        pattern = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
        shown_as = {"format": "uuid", **options.pop("doc", {})}
        super().__init__(36, pattern=pattern, called="a lower-case UUID", doc=shown_as, **options)

    def read(self, value: Any) -> Any:
        return UUID(super().read(value))


class Uri(Text):
    """Spelled in ASCII; what it must name is checked where it is used."""

    def __init__(self, *, doc: dict[str, Any] | None = None, **options: Any) -> None:
        shown_as = {"format": "uri", **(doc or {})}
        super().__init__(2048, pattern=r"https://[!-~]+", called="an https URI", doc=shown_as, **options)


class Many(ma.fields.List[Any]):
    """`least` to `most` values of one kind, as a tuple."""

    def __init__(self, inner: ma.fields.Field[Any], least: int, most: int, **options: Any) -> None:
        self.least, self.most = least, most
        metadata = {"minItems": least, "maxItems": most, **options.pop("doc", {})}
        super().__init__(inner, validate=ma.validate.Length(least, most), metadata=metadata, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **rest: Any) -> Any:
        return tuple(super()._deserialize(value, attr, data, **rest))


class One(ma.fields.Nested):
    """One object of another schema."""
