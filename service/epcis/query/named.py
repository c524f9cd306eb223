"""Named queries: a question that a party has given a name, as the official query schema spells it in JSON.

Values are typed there and text in a URL; both become the same text, so that there is one reading of each parameter.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select

from service.epcis.contexts import UnknownContext, prefixes_of
from service.epcis.documents.json_bytes import dumps, trusted
from service.epcis.query import parameters
from service.epcis.query.conditions import Question
from service.epcis.query.faults import QueryFault, WrongQuery
from service.epcis.query.parameters import Given, Spelling
from service.models.epcis_query import epcis_query as queries

MOST_QUERIES = 1000


def question_of(query: Mapping[str, Any], names: Mapping[str, str]) -> Question:
    """What it asks; raises WrongQuery."""
    try:
        return parameters.question([*given(query)], Spelling(names))
    except QueryFault as fault:
        raise WrongQuery(fault.detail, expected=fault.expected, seen=fault.seen) from None


def names_of(query: Mapping[str, Any], declared: Mapping[str, str]) -> dict[str, str]:
    """The prefixes that the query's own context declares, beside those of a header; raises WrongQuery."""
    try:
        return {**declared, **prefixes_of(query.get("@context"))}
    except UnknownContext as error:
        raise WrongQuery(f"@context: {error}") from None


def given(query: Mapping[str, Any]) -> Sequence[Given]:
    """Its parameters as text; raises WrongQuery."""
    return [Given(name, _texts(name, value)) for name, value in query.items() if name != "@context"]


def _texts(name: str, value: Any) -> tuple[str, ...]:
    return tuple(_text(name, each) for each in (value if isinstance(value, list) else [value]))


def _text(name: str, value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: ""}[value]
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, str | int | float):
        return str(value)
    raise WrongQuery(f"{name}: expected a text, a number or a list of them, got {type(value).__name__}")


def keep(
    connection: Connection, party: int, name: str, query: Mapping[str, Any], names: Mapping[str, str], who: str,
    now: datetime,
) -> None:  # fmt: skip
    """The caller sees to it that there is none of this name."""
    row = {"party_id": party, "name": name, "query": query, "names": names, "made_by": who, "made_at": now}
    connection.execute(insert(queries).values({**row, "query": trusted_json(query)}))


def trusted_json(query: Mapping[str, Any]) -> Any:
    """The query with every number spelled out, as the driver can write it."""
    return _plain(trusted(dumps(query)))


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == int(value) else float(value)
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list) else value


def listed(connection: Connection, party: int, after: str, most: int) -> list[Row[Any]]:
    asked = select(queries).where(queries.c.party_id == party, queries.c.name > after)
    return list(connection.execute(asked.order_by(queries.c.name).limit(most)))


def found(connection: Connection, party: int, name: str) -> Row[Any] | None:
    return connection.execute(select(queries).where(queries.c.party_id == party, queries.c.name == name)).one_or_none()


def drop(connection: Connection, party: int, name: str) -> bool:
    """False if there was none. Its subscriptions go with it."""
    gone = connection.execute(delete(queries).where(queries.c.party_id == party, queries.c.name == name))
    return bool(gone.rowcount)
