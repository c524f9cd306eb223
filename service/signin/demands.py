"""What a party demands of its people when they sign in; a party that said nothing has the service's default."""

from collections.abc import Collection
from typing import Literal, get_args

from sqlalchemy import Connection, text

Factor = Literal["roles", "everyone"]
FACTORS: tuple[Factor, ...] = get_args(Factor)
DEFAULT: Factor = "roles"
WEIGHTY = frozenset({"quality", "administrator", "supervisor"})
"""Roles of which a second factor is demanded in any case: what they do is signed, or decides who may sign."""


def of_factor(factor: str | None, roles: Collection[str]) -> bool:
    """Whether who has these roles must have a second factor."""
    return factor == "everyone" or not WEIGHTY.isdisjoint(roles)


def said(connection: Connection, party_id: int) -> Factor:
    found: Factor | None = connection.execute(_SAID, {"party": party_id}).scalar_one_or_none()
    return found or DEFAULT


def say(connection: Connection, party_id: int, factor: Factor) -> None:
    connection.execute(_SAY, {"party": party_id, "factor": factor})


_SAID = text("SELECT factor FROM warehouse.sign_in_rule WHERE party_id = :party")
_SAY = text(
    "INSERT INTO warehouse.sign_in_rule (party_id, factor) VALUES (:party, :factor)"
    " ON CONFLICT (party_id) DO UPDATE SET factor = :factor"
)
