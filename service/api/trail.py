"""Whoever makes or changes master data is on record, in the transaction that does it."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from service.api.house import House
from service.auth.keys import Caller
from service.people import changes
from service.people.changes import Author


def author(house: House, caller: Caller, reason: str | None = None) -> Author:
    assert caller.party_id is not None
    return Author(caller.party_id, caller.actor, house.now(), reason)


def made(
    connection: Connection, house: House, caller: Caller, kind: str, code: str, values: Mapping[str, Any]
) -> None:
    """`values` name no person: the trail is kept for ever."""
    told = {name: value for name, value in values.items() if name != "code"}
    changes.keep_new(connection, author(house, caller), kind, code, told)
