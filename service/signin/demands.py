"""What a party demands of its people when they sign in; a party that said nothing has the service's default."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, get_args

from sqlalchemy import Connection, text

Factor = Literal["roles", "everyone"]
FACTORS: tuple[Factor, ...] = get_args(Factor)
WEIGHTY = frozenset({"quality", "administrator", "supervisor"})
"""Roles of which a second factor is demanded in any case: what they do is signed, or decides who may sign."""


@dataclass(frozen=True, slots=True)
class Demands:
    """Of whom a second factor; whether people come through the party's own provider only."""

    factor: Factor = "roles"
    only_oidc: bool = False


def of_factor(factor: str | None, roles: Collection[str]) -> bool:
    """Whether who has these roles must have a second factor."""
    return factor == "everyone" or not WEIGHTY.isdisjoint(roles)


def said(connection: Connection, party_id: int) -> Demands:
    found = connection.execute(_SAID, {"party": party_id}).one_or_none()
    return Demands(found.factor, found.only_oidc) if found else Demands()


def say(connection: Connection, party_id: int, wanted: Demands) -> None:
    connection.execute(_SAY, {"party": party_id, "factor": wanted.factor, "only": wanted.only_oidc})


_SAID = text("SELECT factor, only_oidc FROM warehouse.sign_in_rule WHERE party_id = :party")
_SAY = text(
    "INSERT INTO warehouse.sign_in_rule (party_id, factor, only_oidc) VALUES (:party, :factor, :only)"
    " ON CONFLICT (party_id) DO UPDATE SET factor = :factor, only_oidc = :only"
)
