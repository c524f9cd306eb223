"""A person's own second factor: enrolled, confirmed, removed, with recovery codes."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine

from service.api.problem import Problem
from service.auth.keys import Caller
from service.auth.proving import prove_yourself
from service.people import changes
from service.signin import demands, factors, sessions
from service.signin.entrance import Entrance, id_of, session_of


class Enrolment:
    """Of people in a session, whose rows the current standpoint sees."""

    def __init__(
        self, engine: Engine, entrance: Entrance, now: Callable[[], datetime], random: Callable[[int], bytes]
    ) -> None:
        self._engine, self._entrance, self._now, self._random = engine, entrance, now, random

    def begin(self, caller: Caller) -> str:
        """The otpauth URI, shown once. Raises Problem 401 if the password was not given of late: who found an open
        session must not lock its owner out with a factor of his own; and 409 if there is a factor.
        """
        given_at = caller.signed_in_at
        if not caller.fresh and (given_at is None or self._now() - given_at >= sessions.PROOF):
            raise prove_yourself(caller, "enrol_second_factor")
        with self._engine.begin() as connection:
            return self._entrance.factors.begin(
                connection, id_of(caller), str(caller.party), str(caller.person), self._now()
            )

    def confirm(self, caller: Caller, code: str, address: str) -> tuple[list[str], str]:
        """The recovery codes, and the session's new secret; the person's other sessions end. Raises Problem 401, 409 or
        429.
        """

        def check() -> tuple[list[str], str] | None:
            with self._engine.begin() as connection:
                codes = self._entrance.factors.confirm(connection, id_of(caller), code, self._now())
                return None if codes is None else (codes, self._raised(connection, caller))

        return self._entrance.tried(caller, address, "confirm_second_factor", check)

    def remove(self, caller: Caller) -> None:
        """Raises Problem 409 where one is demanded, or there is none."""
        with self._engine.begin() as connection:
            assert caller.party_id is not None
            if demands.of_factor(demands.said(connection, caller.party_id).factor, caller.roles):
                raise Problem(409, "factor-demanded", "a second factor is demanded of you; an administrator resets it")
            if not factors.remove(connection, id_of(caller)):
                raise Problem(409, "no-factor", "expected a second factor, there is none")
            self._keep(connection, caller, {"second_factor": ("enrolled", None)})

    def new_codes(self, caller: Caller) -> list[str]:
        """Ten others; those before open nothing. Raises Problem 409 without a second factor."""
        with self._engine.begin() as connection:
            if not factors.is_enrolled(connection, id_of(caller)):
                raise Problem(409, "no-factor", "expected a second factor, there is none")
            self._keep(connection, caller, {"recovery_codes": (None, "made anew")})
            return self._entrance.factors.new_codes(connection, id_of(caller))

    def _raised(self, connection: Connection, caller: Caller) -> str:
        self._keep(connection, caller, {"second_factor": (None, "enrolled")})
        sessions.end(connection, id_of(caller), self._now(), but=session_of(caller))
        return sessions.complete(connection, session_of(caller), "password+totp", self._now(), self._random)

    def _keep(self, connection: Connection, caller: Caller, made: dict[str, tuple[Any, Any]]) -> None:
        changes.keep(connection, self._entrance.author(caller), "person", str(caller.person), made)
