"""Signing in, step by step: who says to be whom, and what shows it.

    1 the tries of this person and this address are counted (429), and a turn is taken (503): in this order, or a flood
      from one address would take all turns
    2 the password is compared, also of a person that does not exist: the same words after the same time
    3 with a second factor: its code, at once or in a second step; the session opens nothing before
    4 the tries are given back, and a session begins

What fails is on record among the party's refusals, and never why.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Connection, Engine, text

from service import standpoint
from service.api.problem import Problem
from service.auth.keys import Caller
from service.keys.keyring import Keyring
from service.people import changes
from service.people.changes import Author
from service.people.refusals import Refusals
from service.signin import demands, factors, invitations, passwords, sessions, tries
from service.signin.turns import Turns

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Attempt:
    """What somebody says at the door, and the address from which it came."""

    party: str
    person: str
    password: str
    code: str | None
    address: str


class Entrance:
    """Of one web process."""

    def __init__(
        self, engine: Engine, keyring: Keyring, refusals: Refusals, now: Callable[[], datetime],
        random: Callable[[int], bytes],
    ) -> None:  # fmt: skip
        self._engine, self._refusals, self._now, self._random = engine, refusals, now, random
        self.factors = factors.Factors(keyring, random)
        self._turns, self._waiting = Turns(), tries.Waiting()

    def sign_in(self, said: Attempt) -> str:
        """The secret of a new session; raises Problem 401, 429 or 503."""
        self._check_waiting(tries.subjects(said.party, said.person, said.address, known=True))
        with standpoint.on("sign_in"), self._engine.connect() as connection:
            row = connection.execute(_WHO, {"party": said.party, "person": said.person}).one_or_none()
            known = sessions.is_known(connection, row.id if row else None, said.address, self._now())
        counted = tries.subjects(said.party, said.person, said.address, known)
        with self._counted(counted):
            right = passwords.fits(row.hash if row else None, said.password)
            if row is None or not right or not row.active or row.only_oidc:
                raise self.refused("sign_in", row)
            return self._let_in(row, said, counted)

    def give_code(self, caller: Caller, code: str, address: str) -> str:
        """The second step; the new secret of the session, which is a whole one now. Raises Problem 401, 429 or 503."""

        def check() -> str | None:
            with self._engine.begin() as connection:
                kind = self.factors.accept(connection, id_of(caller), code, self._now())
                return kind and sessions.complete(
                    connection, session_of(caller), f"password+{kind}", self._now(), self._random
                )

        return self.tried(caller, address, "give_code", check)

    def prove(self, caller: Caller, password: str, code: str | None, address: str) -> str:
        """The caller's password and, where there is one, second factor; the new secret of the session, which is proven
        now. Raises Problem 401, 429 or 503.
        """

        def check() -> str | None:
            if not self._is_password(caller, password):
                return None
            with self._engine.begin() as connection:
                enrolled = factors.is_enrolled(connection, id_of(caller))
                if enrolled and not self.factors.accept(connection, id_of(caller), code or "", self._now()):
                    return None
                return sessions.proven(connection, session_of(caller), self._now(), self._random)

        return self.tried(caller, address, "prove_session", check)

    def confirm(self, caller: Caller, password: str, address: str) -> None:
        """The password once more, of a caller whose proof is fresh: for each signature of a series after the first
        (21 CFR 11.200(a)(1)(i)). The proof gets no longer by it. Raises Problem 401, 429 or 503.
        """
        self.tried(caller, address, "prove_session", lambda: self._is_password(caller, password) or None)

    def change_password(self, caller: Caller, old: str, new: str, address: str) -> str:
        """Ends all other sessions; this one's new secret. Raises Problem 401, 422, 429 or 503."""
        passwords.check(new, str(caller.party), str(caller.person))

        def check() -> str | None:
            return passwords.kept(new) if self._is_password(caller, old) else None

        hashed = self.tried(caller, address, "change_password", check)
        with self._engine.begin() as connection:
            self._set_password(connection, id_of(caller), hashed)
            sessions.end(connection, id_of(caller), self._now(), but=session_of(caller))
            changes.keep(connection, self.author(caller), "person", str(caller.person), {"password": (None, "changed")})
            return sessions.renewed(connection, session_of(caller), self._random)

    def tried(self, caller: Caller, address: str, operation: str, check: Callable[[], Result | None]) -> Result:
        """What `check` returns; if that is None, the one refusal. It counts as a try at the door does: whoever holds a
        session may have stolen it.
        """
        counted = tries.subjects(str(caller.party), str(caller.person), address, known=True)
        self._check_waiting(counted)
        with self._counted(counted):
            found = check()
            if found is None:
                raise self.refused(operation, caller)
            self._give_back(counted)
            return found

    def accept(self, secret: str, password: str) -> Any:
        """Set the password of whoever was invited; the row of `invitations.whose`. Raises Problem 404, 422 or 503.

        Whoever was signed in as this person is not any more. Nobody is signed in by it: that takes the password.
        """
        invited = self.invited(secret)
        passwords.check(password, invited.party, invited.person)
        with self._turns.taken():
            hashed = passwords.kept(password)
        with standpoint.of_parties({invited.party_id}), self._engine.begin() as connection:
            now = self._now()
            if demands.said(connection, invited.party_id).only_oidc:
                raise Problem(409, "only-oidc", "your company's own sign-in is the only one: take the link of it")
            if not invitations.use(connection, invited.id, now):
                raise _no_invitation()
            self._set_password(connection, invited.person_id, hashed)
            sessions.end(connection, invited.person_id, now)
            made: dict[str, tuple[Any, Any]] = {"password": (None, "set")}
            if invited.resets_factor and factors.remove(connection, invited.person_id):
                made["second_factor"] = ("enrolled", None)
            author = Author(invited.party_id, f"{invited.id}/{invited.person}", now)
            changes.keep(connection, author, "person", invited.person, made)
        return invited

    def invited(self, secret: str) -> Any:
        """Who was invited by this secret; raises Problem 404, the same whether it never was or is over."""
        with standpoint.on("sign_in"), self._engine.connect() as connection:
            invited = invitations.whose(connection, secret, self._now())
        if invited is None:
            raise _no_invitation()
        return invited

    def author(self, caller: Caller) -> Author:
        assert caller.party_id is not None
        return self.author_of(caller.party_id, caller.actor)

    def author_of(self, party_id: int, who: str) -> Author:
        return Author(party_id, who, self._now())

    def _let_in(self, row: Any, said: Attempt, counted: tuple[tries.Subject, ...]) -> str:
        """After the right password."""
        anew = passwords.kept(said.password) if passwords.is_outdated(row.hash) else None
        with standpoint.of_parties({row.party_id}), self._engine.begin() as connection:
            if anew is not None:
                self._set_password(connection, row.id, anew)
            method = self._shown(connection, row.id, said.code)
            code_due = method == "password" and factors.is_enrolled(connection, row.id)
            secret = method and sessions.begin(
                connection, row.id, method, code_due, said.address, self._now(), self._random
            )
        if secret is None:
            raise self.refused("sign_in", row)
        if not code_due:
            self._give_back(counted)
        return secret

    def _shown(self, connection: Connection, person_id: int, code: str | None) -> str | None:
        """What beside the password was shown; None if that was wrong. A code that nobody asked for is not looked at."""
        if code is None or not factors.is_enrolled(connection, person_id):
            return "password"
        kind = self.factors.accept(connection, person_id, code, self._now())
        return None if kind is None else f"password+{kind}"

    def _is_password(self, caller: Caller, password: str) -> bool:
        with self._engine.connect() as connection:
            kept = connection.execute(_HASH, {"person": caller.person_id}).scalar_one_or_none()
        return passwords.fits(kept, password)

    def _check_waiting(self, counted: tuple[tries.Subject, ...]) -> None:
        try:
            self._waiting.check(counted, self._now())
        except tries.MustWait as told:
            raise told.problem(self._now()) from None

    @contextmanager
    def _counted(self, counted: tuple[tries.Subject, ...]) -> Iterator[None]:
        """One's turn, after this try was counted; raises Problem 429 or 503."""
        try:
            with standpoint.on("sign_in"), self._engine.begin() as connection:
                tries.take(connection, counted, self._now())
                sessions.forget(connection, self._now())
        except tries.MustWait as told:
            self._waiting.note(told)
            raise told.problem(self._now()) from None
        with ExitStack() as turn:
            try:
                turn.enter_context(self._turns.taken())
            except Problem:
                with standpoint.on("sign_in"), self._engine.begin() as connection:
                    tries.undo(connection, counted)
                raise
            yield

    def _give_back(self, counted: tuple[tries.Subject, ...]) -> None:
        with standpoint.on("sign_in"), self._engine.begin() as connection:
            tries.give_back(connection, counted)

    def _set_password(self, connection: Connection, person_id: int, hashed: str) -> None:
        connection.execute(_SET, {"person": person_id, "hash": hashed, "now": self._now()})

    def refused(self, operation: str, who: Any) -> Problem:
        """One answer and one entry, whatever was wrong. `who` is a caller, the row of a person, or None."""
        detail = "party, person, password and second factor do not belong together"
        problem = Problem(401, "not-signed-in", detail, headers={"WWW-Authenticate": 'Session realm="lotproof"'})
        key = str(who.session) if isinstance(who, Caller) and who.session else "sign-in"
        party, party_id = (None, None) if who is None else (who.party, who.party_id)
        blamed = Caller(key, "party", party, party_id, None if who is None else who.person)
        seen = standpoint.Standpoint(frozenset() if party_id is None else frozenset({party_id}), "sign_in")
        with standpoint.taken(seen):
            self._refusals.keep(blamed, operation, [problem])
        return problem


def _no_invitation() -> Problem:
    return Problem(404, "not-found", "no invitation that is still to be used: ask your administrator for another one")


def id_of(caller: Caller) -> int:
    assert caller.person_id is not None
    return caller.person_id


def session_of(caller: Caller) -> UUID:
    assert caller.session is not None
    return caller.session


_WHO = text(
    "SELECT n.id, n.code AS person, n.active, n.party_id, p.code AS party, w.hash, r.only_oidc"
    " FROM warehouse.person n JOIN warehouse.party p ON p.id = n.party_id"
    " LEFT JOIN warehouse.person_password w ON w.person_id = n.id"
    " LEFT JOIN warehouse.sign_in_rule r ON r.party_id = n.party_id"
    " WHERE p.code = :party AND n.code = :person"
)
_HASH = text("SELECT hash FROM warehouse.person_password WHERE person_id = :person")
_SET = text(
    "INSERT INTO warehouse.person_password (person_id, hash, set_at) VALUES (:person, :hash, :now)"
    " ON CONFLICT (person_id) DO UPDATE SET hash = :hash, set_at = :now"
)
