"""The keys with which a party signs: its sets, and changes of them, which two persons make together."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select

from service.api import party_keys_schemas as shapes
from service.api.acting import act
from service.api.door import Door, body_of
from service.api.fields import Uuid
from service.api.house import House
from service.api.rows import moment
from service.auth.keys import Caller
from service.domain.signing import shown_hash
from service.keys.keyring import thumbprint
from service.ledger import key_changes
from service.ledger.desk import Desk
from service.ledger.party_keys import Wanted
from service.models.tables import party
from service.people import changes
from service.people.changes import Author
from verifier.encoding import b64url

_ID = {"id": Uuid()}


def door(house: House) -> Door:
    made = house.door("signing keys", "The keys with which a party signs its statements")
    _read(made, house)
    _change(made, house)
    return made


def _read(made: Door, house: House) -> None:
    @made.operation("GET", "/signing-keys", roles=("party",), answers={200: shapes.KeySets})
    def list_signing_keys(caller: Caller) -> Any:
        """Your key sets, the newest first

        Each set is a statement in the log; the first of them is what partners write into their policies.
        """
        return {"sets": _read_only(house, caller, lambda desk: _sets(key_changes.sets_of(desk)))}

    @made.operation("GET", "/signing-key-changes", roles=("party",), answers={200: shapes.KeyChanges})
    def list_key_changes(caller: Caller) -> Any:
        """Who asked for which change of keys, and who approved it"""
        return {"changes": _read_only(house, caller, lambda desk: [*map(_shown, key_changes.changes_of(desk))])}


def _change(made: Door, house: House) -> None:
    @made.operation(
        "POST", "/signing-key-changes", roles=("party",), body=body_of(shapes.NewKeyChange), problems=(409,),
        answers={201: shapes.KeyChange},
    )  # fmt: skip
    def ask_for_keys(caller: Caller, body: dict[str, Any]) -> Any:
        """Ask for another set of keys

        `keys` are your own: the service never sees their secret halves, and from then on you sign with them what is
        recorded in your name (409 `sign-this` shows what). `kept_here` says whether the service keeps a key for you
        too. Nothing changes before another person approves.
        """
        recovery = body["recovery"]
        wanted = Wanted(
            tuple(key.public for key in body["keys"]), body["kept_here"], None if recovery is None else b64url(recovery)
        )
        asked = key_changes.Asked(body["id"], tuple(body["keys"]), wanted, body["reason"], body["by"])
        return act(house, caller, lambda desk: _shown(key_changes.ask(desk, _uri(desk), asked))), 201

    @made.operation(
        "POST", "/signing-key-changes/<id>/approval", roles=("party",), path=_ID,
        body=body_of(shapes.KeyChangeApproval), problems=(409,), answers={200: shapes.KeyChange},
    )  # fmt: skip
    def approve_keys(caller: Caller, id: UUID, body: dict[str, Any]) -> Any:
        """Approve another set of keys

        Enters it into the log, signed by a key of the set before: by the one that the service keeps, or by yours, or,
        when all are lost, by the recovery key, which then must be one of the new ones.
        """
        return act(house, caller, lambda desk: _approved(desk, id, body))

    @made.operation(
        "POST", "/signing-key-changes/<id>/withdrawal", roles=("party",), path=_ID, body=body_of(shapes.KeyChangeAct),
        problems=(409,), answers={200: shapes.KeyChange},
    )  # fmt: skip
    def withdraw_keys(caller: Caller, id: UUID, body: dict[str, Any]) -> Any:
        """Withdraw a change of keys that waits"""
        return act(house, caller, lambda desk: _shown(key_changes.withdraw(desk, id, body["by"])))


def _approved(desk: Desk, id: UUID, said: dict[str, Any]) -> dict[str, Any]:
    """With the change on record beside those of master data."""
    before = _sets(key_changes.sets_of(desk))[0]
    change = key_changes.approve(desk, id, said["by"], said["shown"], said["words"])
    after = _sets(key_changes.sets_of(desk))[0]
    if before != after:
        author = Author(desk.party_id, desk.actor, desk.scribe.now(), change.reason)
        changes.keep(desk.connection, author, "signing-key", desk.party, {"keys": (_kids(before), _kids(after))})
    return _shown(change)


def _kids(shown: dict[str, Any]) -> list[str]:
    return [key["kid"] for key in shown["keys"]]


def _read_only(house: House, caller: Caller, read: Any) -> Any:
    assert caller.party is not None and caller.party_id is not None
    with house.engine.connect() as connection:
        return read(Desk(connection, house.scribe, caller.party_id, caller.party, caller.actor))


def _uri(desk: Desk) -> str:
    return str(desk.connection.scalar(select(party.c.uri).where(party.c.id == desk.party_id)))


def _sets(rows: Sequence[Row[Any]]) -> list[dict[str, Any]]:
    return [_set(sequence, list(keys)) for sequence, keys in groupby(rows, lambda row: row.sequence)]


def _set(sequence: int, rows: Sequence[Row[Any]]) -> dict[str, Any]:
    keys = [
        {"kid": row.kid, "x": b64url(row.public), "kept_here": "by the party" if row.sealed is None else "here"}
        for row in rows
    ]
    statement = b64url(rows[0].statement_hash)
    return {"sequence": sequence, "statement": statement, "keys": keys, "recovery": rows[0].recovery}


def _shown(change: Row[Any]) -> dict[str, Any]:
    return {
        "id": change.id, "keys": [thumbprint(bytes(public)) for public in change.own], "kept_here": change.kept_here,
        "recovery": change.recovery, "reason": change.reason, "asked_by": change.asked_by,
        "asked_at": moment(change.asked_at), "state": change.state, "closed_by": change.closed_by,
        "closed_at": moment(change.closed_at), "sequence": change.sequence,
        "shown": shown_hash(key_changes.record_of(change.id, change, change.reason, change.asked_by)),
    }  # fmt: skip

