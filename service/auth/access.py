"""From the Authorization header, the signature of the request, or the cookie of a session, to the caller; 401, or 403.

A key or session that was found good is believed for a second without asking the database again: at 500 requests a
second the question would cost more than the rest of the door. A revocation, and the end of a session, therefore takes
effect within one second, in every process; in the process that ends it, at once.
"""

import hmac
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime
from time import monotonic
from uuid import UUID

from flask import request
from sqlalchemy import Connection, Engine

from service import standpoint
from service.api.problem import Problem, forbidden, unauthorized
from service.auth import clients, keys, proving, signed
from service.auth.cookies import Cookies
from service.auth.keys import Caller
from service.auth.own_hand import Hands
from service.auth.permissions import check_operation
from service.budgets.desk import Budgets
from service.people.refusals import Refusals
from service.signin import sessions

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
        cookies: Cookies,
        budgets: Budgets,
        public_url: str = "",
    ) -> None:
        self._engine, self._now, self._hands, self._public_url = engine, now, hands, public_url
        self.cookies, self.budgets = cookies, budgets
        self.refusals = Refusals(engine, now)
        self._operator = keys.secret_hash(operator_key) if operator_key else None
        self._believed: dict[bytes, tuple[float, Caller]] = {}
        self._machines: dict[UUID, tuple[float, tuple[Caller, dict[str, str]]]] = {}

    def caller(self) -> Caller:
        """Whose key, session or signature came with the current request; raises 401, or 403 for a session from
        elsewhere."""
        if signed.is_signed():
            return self._signer()
        hashed = self.cookies.session()
        if hashed is not None:
            self.cookies.check_own()
            return self.in_session(hashed)
        match = _BEARER.fullmatch(request.headers.get("Authorization", ""))
        if not match:
            self.budgets.guess()
            raise unauthorized("expected the header `Authorization: Bearer lpk_…` or a session's cookie, got neither")
        caller = self._caller(keys.secret_hash(match[1]))
        if caller is None:
            raise unauthorized("this API key is unknown, revoked or expired")
        return caller

    def authenticate(self, roles: tuple[str, ...]) -> Caller:
        """The caller of the current request, whose kind of key is one of `roles`; raises 401 or 403."""
        caller = self.caller()
        _check_kind(caller, roles)
        return caller

    def in_session(self, hashed: bytes) -> Caller:
        """Whose session has this secret; raises 401. Nothing else of the request is looked at."""
        caller = self._remembered(hashed)
        if caller is None:
            self._guess(hashed)
            caller = self._ask_session(hashed)
        if caller is None or caller.session is None:
            raise unauthorized("this session ended: sign in again")
        proven = caller.proven_at
        return replace(caller, fresh=proven is not None and self._now() - proven < sessions.PROOF)

    def standing(self) -> Callable[[], Caller]:
        """For what outlives the current request: who calls, asked anew each time, and whether still; raises 401. That
        the session is used so is not noted: what runs by itself keeps nobody signed in."""
        ask = self._asker()

        def again() -> Caller:
            with standpoint.on("key"), self._engine.connect() as connection:
                caller = ask(connection)
            if caller is None:
                raise unauthorized("this key, machine or session is revoked, expired or over")
            return caller

        return again

    def _asker(self) -> Callable[[Connection], Caller | None]:
        if signed.is_signed():
            client = signed.client_of()
            return lambda connection: (keys.caller_of_client(connection, client) or (None,))[0]
        session = self.cookies.session()
        if session is not None:
            return lambda connection: _of_session(sessions.found(connection, session, self._now()))
        match = _BEARER.fullmatch(request.headers.get("Authorization", ""))
        assert match, "who calls was asked before"
        hashed = keys.secret_hash(match[1])
        return lambda connection: keys.caller_of(connection, hashed, self._now())

    def admit(self, caller: Caller, roles: tuple[str, ...], operation: str) -> None:
        """Raises 403 unless this kind of key, and one of the caller's roles in its party, may use the operation; 401
        if a session has to show more first.
        """
        _check_kind(caller, roles)
        if caller.stage:
            proving.check(caller, operation)
        check_operation(caller, operation)
        proving.check(caller, operation)

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
        caller = self._remembered(hashed)
        if caller is None:
            self._guess(hashed)
            caller = self._ask(hashed)
        return caller

    def _remembered(self, hashed: bytes) -> Caller | None:
        until, caller = self._believed.get(hashed, (0.0, None))
        return caller if monotonic() < until else None

    def _guess(self, hashed: bytes) -> None:
        """Whoever was not good a moment ago may be guessing; raises 429."""
        if hashed not in self._believed:
            self.budgets.guess()

    def _ask(self, hashed: bytes) -> Caller | None:
        with standpoint.on("key"), self._engine.connect() as connection:
            caller = keys.caller_of(connection, hashed, self._now())
        return self._believe(hashed, caller)

    def _ask_session(self, hashed: bytes) -> Caller | None:
        with standpoint.on("key"), self._engine.connect() as connection:
            known = sessions.found(connection, hashed, self._now())
        if known is not None and known.touch:
            assert known.caller.session is not None
            with standpoint.taken(known.caller.standpoint), self._engine.begin() as connection:
                sessions.touch(connection, known.caller.session, self._now())
        return self._believe(hashed, known.caller if known else None)

    def _believe(self, hashed: bytes, caller: Caller | None) -> Caller | None:
        if caller:
            if len(self._believed) >= REMEMBERED:
                self._believed.clear()
            self._believed[hashed] = (monotonic() + BELIEVED_SECONDS, caller)
        else:
            self._believed.pop(hashed, None)
        return caller


def _of_session(known: sessions.Known | None) -> Caller | None:
    return known.caller if known else None


SESSION = "session"
"""Among the kinds of key of an operation: for people who signed in, and for no key."""


def _check_kind(caller: Caller, roles: tuple[str, ...]) -> None:
    if caller.role not in roles and not (SESSION in roles and caller.session is not None):
        raise forbidden(f"expected a key of role {' or '.join(roles)}, got {caller.role}", seen=caller.role)
