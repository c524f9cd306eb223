"""Compiles a marshmallow schema into one plain function from a JSON value to what the schema makes.

`Schema.load` costs some 150 µs for a movement, a thousand times in a bulk request; the compiled function asks the
very same fields by their `read` and costs a tenth. There is no second definition of a shape, and
tests/service/api/test_load.py holds the two against each other with generated values.
"""

from collections.abc import Callable
from typing import Any

import marshmallow as ma
from marshmallow import ValidationError

from service.api.fields import Field, Many, One, Shape
from service.api.problem import Problem, shown

Reader = Callable[[Any], Any]
ERRORS_SHOWN = 20


def compiled(schema: type[Shape]) -> Reader:
    """The reader of an object of this schema: unknown, missing and wrong members all raise one ValidationError."""
    fields, makes = schema().fields, schema.makes
    known = {field.data_key or name: (name, _reader(field)) for name, field in fields.items()}
    required = [field.data_key or name for name, field in fields.items() if field.required]
    optional = {name: field.load_default for name, field in fields.items() if field.load_default is not ma.missing}

    def read(value: Any) -> Any:
        if not isinstance(value, dict):
            raise ValidationError({"_schema": [f"expected an object, got {shown(value)}"]})
        loaded = dict(optional)
        errors: dict[str, Any] = {}
        for key, member in value.items():
            if key not in known:
                errors[shown(key)] = ["unknown member"]
                continue
            name, reader = known[key]
            try:
                loaded[name] = reader(member)
            except ValidationError as error:
                errors[key] = error.messages
        for key in required:
            if key not in value:
                errors[key] = ["missing"]
        if errors:
            raise ValidationError(errors)
        return makes(**loaded)

    return read


def _reader(field: ma.fields.Field[Any]) -> Reader:
    reader = _present(field)
    return (lambda value: None if value is None else reader(value)) if field.allow_none else reader


def _present(field: ma.fields.Field[Any]) -> Reader:
    if isinstance(field, Many):
        return _list_reader(field)
    if isinstance(field, One):
        assert isinstance(field.schema, Shape)
        return compiled(type(field.schema))
    assert isinstance(field, Field), f"{field!r} is not a field of this house"
    return field.read


def _list_reader(field: Many) -> Reader:
    inner, least, most = _reader(field.inner), field.least, field.most

    def read(value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list) or not least <= len(value) <= most:
            seen = f"{len(value)}" if isinstance(value, list) else shown(value)
            raise ValidationError([f"expected a list of {least} to {most}, got {seen}"])
        try:
            return tuple([inner(member) for member in value])
        except ValidationError:
            raise ValidationError(_each_error(inner, value)) from None

    return read


def _each_error(inner: Reader, members: list[Any]) -> dict[int, Any]:
    """Every wrong member by its position; only walked once something is known to be wrong."""
    errors: dict[int, Any] = {}
    for position, member in enumerate(members):
        try:
            inner(member)
        except ValidationError as error:
            errors[position] = error.messages
    return errors


def pointed(messages: Any, at: str = "") -> list[dict[str, str]]:
    """A tree of messages as a flat list of `{at: JSON pointer, problem}`."""
    if isinstance(messages, dict):
        return [
            line
            for key, inner in messages.items()
            for line in pointed(inner, at if key == "_schema" else f"{at}/{_escaped(key)}")
        ]
    if isinstance(messages, list):
        return [line for inner in messages for line in pointed(inner, at)]
    return [{"at": at or "/", "problem": str(messages)}]


def _escaped(key: str | int) -> str:
    return str(key).replace("~", "~0").replace("/", "~1")


def unreadable(error: ValidationError) -> Problem:
    """422 naming each field; a request may carry a thousand wrong lines, an answer names the first twenty."""
    errors = pointed(error.messages)
    first = errors[0]
    detail = f"{len(errors)} wrong; first {first['at']}: {first['problem']}"
    return Problem(422, "wrong-shape", detail, errors=errors[:ERRORS_SHOWN])
