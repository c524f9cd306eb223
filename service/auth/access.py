"""From the Authorization header, or the signature of the request, to the caller, or 401, or 403.

A key that was found good is believed for a second without asking the database again: at 500 requests a second the
question would cost more than the rest of the door. A revocation therefore takes effect within one second, in every
process; in the process that revokes, at once.
"""

import hmac
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from time import monotonic
from uuid import UUID

from flask import request
from sqlalchemy import Engine

from service import standpoint
from service.api.problem import Problem, forbidden, unauthorized
from service.auth import clients, keys, signed
from service.auth.keys import Caller
from service.auth.own_hand import Hands
from service.auth.permissions import check_operation
from service.budgets.desk import Budgets
from service.people.refusals import Refusals

BELIEVED_SECONDS = 1.0
REMEMBERED = 10_000
_BEARER = re.compile(r"[Bb]earer +(lp[kt]_[A-Za-z0-9_-]{32,128})", re.ASCII)


class Access:
    """Knows the keys; `operator_key` comes from the settings, so that the first party can be made in an empty
    database.
    """

    def __init__(
        self,
        engine: Engine,
        operator_key: str | None,
        now: Callable[[], datetime],
        hands: Hands,
        budgets: Budgets,
        public_url: str = "",
    ) -> None:
        self._public_url = public_url
        self._engine, self._now, self._hands, self.budgets = engine, now, hands, budgets
        self.refusals = Refusals(engine, now)
        self._operator = keys.secret_hash(operator_key) if operator_key else None
        self._believed: dict[bytes, tuple[float, Caller]] = {}
        self._machines: dict[UUID, tuple[float, tuple[Caller, dict[str, str]]]] = {}

    def caller(self) -> Caller:
        """Whose key came with the current request; raises 401."""
        if signed.is_signed():
            return self._signer()
        match = _BEARER.fullmatch(request.headers.get("Authorization", ""))
        if not match:
            self.budgets.guess()
            raise unauthorized("expected the header `Authorization: Bearer lpk_…`, got none of that form")
        caller = self._caller(keys.secret_hash(match[1]))
        if caller is None:
            raise unauthorized("this API key is unknown, revoked or expired")
        return caller

    def authenticate(self, roles: tuple[str, ...]) -> Caller:
        """The caller of the current request, whose kind of key is one of `roles`; raises 401 or 403."""
        caller = self.caller()
        _check_kind(caller, roles)
        return caller

    def admit(self, caller: Caller, roles: tuple[str, ...], operation: str) -> None:
        """Raises 403 unless this kind of key, and one of the caller's roles in its party, may use the operation."""
        _check_kind(caller, roles)
        check_operation(caller, operation)

    def serving(self, caller: Caller, operation: str) -> AbstractContextManager[None]:
        """In which the request is paid for; raises 429."""
        return self.budgets.serving(caller, operation)

    def reading(self, caller: Caller | None) -> AbstractContextManager[None]:
        """In which a body is read; raises 429."""
        return self.budgets.reading(caller)

    def anybody(self, operation: str) -> None:
        """Somebody without a key, or whose key is not asked for, pays by address; raises 429."""
        self.budgets.public(operation)

    def hand(self, caller: Caller) -> AbstractContextManager[None]:
        """In which the request is carried out; see `service.auth.own_hand`."""
        return self._hands.of(caller)

    def keep_refusal(self, caller: Caller, operation: str, problem: Problem) -> None:
        """A 403 goes on record, wherever in the operation it was decided."""
        self.refusals.keep(caller, operation, [problem])

    def forget(self) -> None:
        """After a revocation."""
        self._believed.clear()
        self._machines.clear()

    def _signer(self) -> Caller:
        """Who signed the current request; the nonce is remembered."""
        client = signed.client_of()
        known = self._known(client)
        if known is None:
            raise signed.refused("expected one by a client that is registered")
        caller, key = known
        try:
            nonce, until = signed.verified(client, key, self._public_url)
        except Problem:
            self.budgets.guess()
            raise
        with standpoint.on("sign_in"), self._engine.begin() as connection:
            first = clients.once(connection, client, nonce, until, self._now())
        if not first:
            raise signed.refused("expected a nonce that was not used before, got one that was")
        return caller

    def _known(self, client: UUID) -> tuple[Caller, dict[str, str]] | None:
        """A machine and its key, believed for a second as keys are."""
        until, known = self._machines.get(client, (0.0, None))
        if monotonic() < until:
            return known
        if known is None:
            self.budgets.guess()
        with standpoint.on("key"), self._engine.connect() as connection:
            known = keys.caller_of_client(connection, client)
        if known is None:
            self._machines.pop(client, None)
        else:
            if len(self._machines) >= REMEMBERED:
                self._machines.clear()
            self._machines[client] = (monotonic() + BELIEVED_SECONDS, known)
        return known

    def _caller(self, hashed: bytes) -> Caller | None:
        if self._operator and hmac.compare_digest(hashed, self._operator):
            return Caller("operator", "operator")
        until, caller = self._believed.get(hashed, (0.0, None))
        if monotonic() < until:
            return caller
        if caller is None:  # not one of those that were good a moment ago
            self.budgets.guess()
        return self._ask(hashed)

    def _ask(self, hashed: bytes) -> Caller | None:
        with standpoint.on("key"), self._engine.connect() as connection:
            caller = keys.caller_of(connection, hashed, self._now())
        if caller:
            if len(self._believed) >= REMEMBERED:
                self._believed.clear()
            self._believed[hashed] = (monotonic() + BELIEVED_SECONDS, caller)
        else:
            self._believed.pop(hashed, None)
        return caller


def _check_kind(caller: Caller, roles: tuple[str, ...]) -> None:
    if caller.role not in roles:
        raise forbidden(f"expected a key of role {' or '.join(roles)}, got {caller.role}", seen=caller.role)
