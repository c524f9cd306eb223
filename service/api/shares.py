"""Showing a lot to somebody without a key: links that show as much as their party chose."""

from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, exists, select

from service.api.door import Door, body_of
from service.api.fields import Choice, Instant, Many, One, Shape, Text, Uri, Uuid
from service.api.house import House
from service.api.problem import Problem, not_found
from service.api.rows import moment
from service.api.schemas import Nullable, text
from service.auth.keys import Caller
from service.models.tables import lot
from service.papers import symbols
from service.proof import shares
from service.proof.fields import GROUPS, PROFILES
from service.proof.proofs import check_lot, was_handed

_ID = {"id": Uuid()}


class NewShareShape(Shape):
    """`profile` says what is shown, `show` and `hide` change it."""

    id = Uuid(required=True)
    lot = Uri(required=True)
    profile = Choice(*PROFILES, load_default="public")
    show = Many(Choice(*GROUPS), 0, len(GROUPS), load_default=())
    hide = Many(Choice(*GROUPS), 0, len(GROUPS), load_default=())
    label = Text(200, required=True, doc={"description": "For whom; only you see it"})
    expires_at = Instant()


class Share(Shape):
    id = Uuid(required=True)
    lot = text(1000)
    shown = Many(Choice(*GROUPS), 0, len(GROUPS), required=True)
    hidden = Many(Choice(*GROUPS), 0, len(GROUPS), required=True)
    label = text(200)
    made_by = text(100)
    made_at = Instant(required=True)
    expires_at = Nullable(Instant())
    ended_at = Nullable(Instant())


class MadeShare(Share):
    url = Text(300, required=True, doc={"description": "The link. Shown once"})
    qr = Text(20_000, required=True, doc={"description": "The link as a QR code, SVG"})


class Shares(Shape):
    shares = Many(One(Share), 0, 1000, required=True)


def door(house: House) -> Door:
    made = house.door("shares", "Show a lot to somebody without a key")

    @made.operation(
        "POST", "/shares", roles=("party",), body=body_of(NewShareShape), answers={201: MadeShare},
        problems=(404, 409),
    )
    def share_lot(caller: Caller, body: dict[str, Any]) -> Any:
        """Make a link to a lot's proof

        Whoever has the link gets the proof as you see it, without what you hide: each group of fields is shown or
        hidden as a whole, everything still verifies, and the verifier says how many fields are hidden.
        """
        check_lot(body["lot"])
        expires_at = body.get("expires_at")
        if expires_at is not None and expires_at <= house.now():
            raise Problem(422, "expired", f"expires_at: expected a time to come, got {expires_at.isoformat()}")
        asked = shares.NewShare(body["id"], body["lot"], chosen(body), body["label"], expires_at)
        assert caller.party_id is not None
        with house.engine.begin() as connection:
            _check_concern(connection, caller.party_id, body["lot"])
            row, secret = shares.make(connection, caller.party_id, caller.actor, house.now(), asked, house.random)
        url = f"{house.settings.public_url}/s/{secret}"
        return {**_shown(row), "url": url, "qr": symbols.qr(url)}, 201

    @made.operation("GET", "/shares", roles=("party",), answers={200: Shares})
    def list_shares(caller: Caller) -> Any:
        """Your links, the newest first, also those that ended"""
        assert caller.party_id is not None
        with house.engine.connect() as connection:
            return {"shares": [_shown(row) for row in shares.listed(connection, caller.party_id)]}

    @made.operation("DELETE", "/shares/<id>", roles=("party",), path=_ID, answers={200: Share})
    def end_share(caller: Caller, id: UUID) -> Any:
        """End a link

        It leads nowhere from now on. Files that were fetched meanwhile stay with whoever fetched them.
        """
        assert caller.party_id is not None
        with house.engine.begin() as connection:
            row = shares.end(connection, caller.party_id, id, house.now())
        if row is None:
            raise not_found("share", str(id))
        return _shown(row)

    return made


def _check_concern(connection: Connection, party_id: int, name: str) -> None:
    """A party shows its own lots, and those that were handed to it."""
    own = exists().where(lot.c.party_id == party_id, lot.c.uri == name)
    if not connection.scalar(select(own)) and not was_handed(connection, party_id, name):
        raise not_found("lot", name)


def chosen(body: dict[str, Any]) -> tuple[str, ...]:
    """The groups that a profile with changes shows, in the order of `GROUPS`."""
    groups = PROFILES[body["profile"]] | set(body["show"])
    return tuple(group for group in GROUPS if group in groups and group not in body["hide"])


def _shown(row: Row[Any]) -> dict[str, Any]:
    return {
        "id": row.id, "lot": row.lot_uri, "shown": list(row.groups), "label": row.label, "made_by": row.made_by,
        "hidden": [group for group in GROUPS if group not in row.groups], "made_at": moment(row.made_at),
        "expires_at": moment(row.expires_at), "ended_at": moment(row.ended_at),
    }  # fmt: skip
