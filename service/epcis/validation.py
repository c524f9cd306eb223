"""Is this an event, or a document, of EPCIS 2.0? The schemas compiled, and the rules that no schema can say.

Beyond the standard: a URI is at most 1,000 characters; the identifier of a thing is a GS1 key or holds no `=`, by which
two events could be given one hash id (`service.epcis.hashes`); times are moments that exist.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

import jsonschema_rs

from service.epcis import hashes, schema
from service.epcis.documents.document import Unreadable

SHOWN = 120


def check_document(said: Any) -> None:
    """Raises Unreadable, naming where."""
    kind = said.get("type") if isinstance(said, dict) else None
    if not isinstance(kind, str) or kind not in schema.DOCUMENTS:
        raise Unreadable("expected an EPCISDocument or EPCISQueryDocument", where="/type", seen=_short(kind))
    _check(_document(kind), said, "")
    if not str(said.get("schemaVersion", "2.0")).startswith("2."):
        raise Unreadable("expected EPCIS 2", where="/schemaVersion", expected="2.0", seen=said["schemaVersion"])
    for at, event in enumerate(_events(said)):
        check_event(event, where=f"/eventList/{at}")


def check_event(event: Any, where: str = "", *, alone: bool = False) -> None:
    """`alone`: an event without a document around it must bring its context along."""
    if not isinstance(event, dict) or not isinstance(event.get("type"), str):
        raise Unreadable("expected an event, an object with a type", where=where or "/", seen=_short(event))
    if alone and "@context" not in event:
        raise Unreadable("expected the context of the event", where="/@context", expected="@context", seen="nothing")
    _check(_event(event["type"]), event, where)
    _check_ours(event, where)


def moment(text: str) -> datetime:
    """A time of the standard, in UTC; digits beyond microseconds are cut off. Raises ValueError."""
    return datetime.fromisoformat(text.upper() if text[10:11] == "t" or text[-1:] == "z" else text).astimezone(UTC)


def _check(validator: Any, value: Any, where: str) -> None:
    if validator.is_valid(value):
        return
    error = min(validator.iter_errors(value), key=lambda each: (-len(each.instance_path), str(each.schema_path)))
    at = "".join(f"/{part}" for part in error.instance_path)
    raise Unreadable(error.message[: 3 * SHOWN], where=where + at or "/", seen=_short(error.instance))


def _check_ours(event: Mapping[str, Any], where: str) -> None:
    for name in ("eventTime", "recordTime"):
        if name in event:
            _check_moment(event[name], f"{where}/{name}")
    for text in hashes.doubtful(event):
        raise Unreadable(
            "expected a GS1 key, or an identifier without =: else two events could have one hash id",
            where=where or "/", seen=_short(text),
        )  # fmt: skip


def _check_moment(text: str, where: str) -> None:
    """It can be told in every offset."""
    try:
        at = moment(text)
    except (ValueError, OverflowError) as error:
        raise Unreadable(str(error), where=where, seen=_short(text)) from None
    if not 1 < at.year < 9999:
        raise Unreadable("expected a year between 2 and 9998", where=where, seen=_short(text))


def _events(said: Mapping[str, Any]) -> list[Any]:
    body = said["epcisBody"]
    query = said["type"] == "EPCISQueryDocument"
    listed: list[Any] = body["queryResults"]["resultsBody"]["eventList"] if query else body["eventList"]
    return listed


@cache
def _document(kind: str) -> Any:
    return jsonschema_rs.validator_for(schema.DOCUMENTS[kind], validate_formats=True)


@cache
def _compiled(kind: str | None) -> Any:
    return jsonschema_rs.validator_for(schema.EVENTS[kind] if kind else schema.OTHER, validate_formats=True)


def _event(kind: str) -> Any:
    return _compiled(kind if kind in schema.EVENTS else None)


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"
