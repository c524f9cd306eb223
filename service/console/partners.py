"""The companies of this ledger, and the keys with which one's own company signs: changed by two persons together."""

from typing import Any
from uuid import uuid4

from flask import url_for

from service.api.party_keys_schemas import KEPT
from service.console.asking import Asking
from service.console.filling import Said, only, rows
from service.console.frame import Frame


def declare(frame: Frame) -> None:
    @frame.page("/parties")
    def parties(asking: Asking) -> Any:
        found = asking.read("list_parties")["parties"]
        customers = asking.read("list_all_customers", limit=1000)["customers"]
        return frame.shown(asking, "parties.html", parties=found, customers=customers)

    @frame.form("/parties/customers", again=parties)
    def add_customer(asking: Asking, said: Said) -> str:
        days = said.get("min_days_left", "")
        body: dict[str, Any] = only(said, "code", "name", "party", "issue_policy")
        if days:
            body["min_days_left"] = int(days) if days.isdecimal() else -1
        asking.do("add_customer", body)
        return url_for("console.parties", done="customer")

    _keys(frame)


def _keys(frame: Frame) -> None:
    @frame.page("/keys")
    def keys(asking: Asking) -> Any:
        changes = asking.read("list_key_changes")["changes"]
        return frame.shown(asking, "keys.html", sets=asking.read("list_signing_keys")["sets"], changes=changes,
                           kept=KEPT, id=str(uuid4()))

    @frame.form("/keys", signs=True, again=keys)
    def ask_keys(asking: Asking, said: Said) -> str:
        """The whole set from now on: own keys with their proof of possession, and what becomes of the one kept here."""
        body: dict[str, Any] = {**only(said, "id", "kept_here", "recovery", "reason"), "by": asking.caller.person}
        asking.do("ask_for_keys", body | {"keys": rows(said, "x", "proof")})
        return url_for("console.keys", done="asked")

    @frame.form("/keys/<id>/approve", signs=True)
    def approve_key_change(asking: Asking, said: Said, id: str) -> str:
        asking.do("approve_keys", {"by": asking.caller.person, **only(said, "words", "shown")}, {"id": id})
        return url_for("console.keys", done="sign")

    @frame.form("/keys/<id>/withdraw")
    def withdraw_key_change(asking: Asking, said: Said, id: str) -> str:
        asking.do("withdraw_keys", {"by": asking.caller.person}, {"id": id})
        return url_for("console.keys", done="withdraw")
