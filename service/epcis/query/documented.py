"""The parameters of event queries as OpenAPI describes them: those that have a name. Families are told in words."""

from collections.abc import Iterator
from typing import Any

from service.epcis.query import pages
from service.epcis.query.parameters import NAMED

_FORMATS = {"time": {"type": "string", "format": "date-time"}, "number": {"type": "number"},
            "boolean": {"type": "boolean"}}  # fmt: skip


def _documented() -> Iterator[dict[str, Any]]:
    for name, (comparison, kind) in NAMED.items():
        one: dict[str, Any] = {"type": "string", "minLength": 1}
        if comparison == "EXISTS":
            yield _parameter(name, {"type": "boolean"})
        elif comparison in ("EQ", "WD") and kind == "text":
            yield {**_parameter(name, {"type": "array", "minItems": 1, "items": one}), "style": "pipeDelimited",
                   "explode": False}  # fmt: skip
        else:
            yield _parameter(name, _FORMATS.get(kind, one))
    yield _parameter("orderBy", {"type": "string", "enum": ["eventTime", "recordTime"]})
    yield _parameter("orderDirection", {"type": "string", "enum": ["ASC", "DESC"]})
    yield _parameter("eventCountLimit", {"type": "integer", "minimum": 1})
    yield _parameter("maxEventCount", {"type": "integer", "minimum": 0})


def _parameter(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"in": "query", "name": name, "required": False, "schema": schema}


EVENT_PARAMETERS = tuple(_documented())
PAGE_PARAMETERS = (
    _parameter("perPage", {"type": "integer", "minimum": 1, "default": pages.DEFAULT}),
    _parameter("nextPageToken", {"type": "string"}),
)
