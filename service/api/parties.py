"""Parties: the companies on this ledger. The operator registers them; each then acts with its own key."""

from typing import Any

from sqlalchemy import select

from service import standpoint
from service.api import schemas
from service.api.door import Door, body_of
from service.api.house import House
from service.api.rows import plain
from service.auth import keys
from service.auth.keys import Caller
from service.ledger.master_data import create_party
from service.models.tables import party, party_key

_KEY, _KIDS = party_key.c, select(party_key.c.kid).where(party_key.c.party_id == party.c.id)
_FIRST = _KIDS.order_by(_KEY.sequence, _KEY.kid).limit(1)
_NEWEST = _KIDS.order_by(_KEY.sequence.desc(), _KEY.sealed.is_(None), _KEY.kid).limit(1)
_SHOWN = select(
    party.c.code.label("id"), party.c.name, party.c.uri, party.c.gln,
    _FIRST.scalar_subquery().label("first_key"), _NEWEST.scalar_subquery().label("key"),
)  # fmt: skip


def door(house: House) -> Door:
    parties = house.door("parties", "The companies on this ledger")

    @parties.operation(
        "POST",
        "/parties",
        roles=("operator",),
        body=body_of(schemas.NewParty),
        answers={201: schemas.PartyWithKey},
        problems=(409,),
    )
    def register_party(caller: Caller, body: dict[str, Any]) -> Any:
        """Register a party

        Makes its signing key, enters the key into the log, and shows its first API key once. `first_key` is what
        partners write into their policies after having it confirmed by the party itself.
        """
        house.halting.check()
        with house.engine.begin() as connection:
            made = create_party(connection, house.scribe, body["id"], body["name"], body.get("gln"))
            secret, _ = keys.issue(
                connection, role="party", party=made.code, label="first", now=house.now(), random=house.random
            )
            shown = plain(connection.execute(_SHOWN.where(party.c.id == made.id)).one())
        return {**shown, "api_key": secret}, 201

    @parties.operation(
        "GET", "/parties", roles=("party", "operator", "auditor", "regulator"), answers={200: schemas.Parties}
    )
    def list_parties(caller: Caller) -> Any:
        """List the parties

        All of them: whoever hands over goods must be able to name the receiver. Their keys are public in the log
        anyway.
        """
        with standpoint.on("directory"), house.engine.connect() as connection:
            return {"parties": [plain(row) for row in connection.execute(_SHOWN.order_by(party.c.code))]}

    return parties
