"""Second factors: TOTP (RFC 6238, six digits, half a minute, SHA-1 as authenticator apps have it), and recovery codes.

The secret lies under the KEK, bound to its person. A code counts within a step of the clock, and once: the step that
counted last is kept, and only later ones count after it. Recovery codes are 80 random bits each, kept as SHA-256.
"""

import hmac
from base64 import b32encode
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pyotp
from sqlalchemy import Connection, Row, text

from service.api.problem import Problem
from service.auth.keys import secret_hash
from service.keys.keyring import Keyring

SECRET_BYTES = 20
WINDOW = 1  # steps before and after
STEP = 30  # seconds
CODES = 10
ISSUER = "Lotproof"

Random = Callable[[int], bytes]


class Factors:
    """Of people whose rows the connection sees."""

    def __init__(self, keyring: Keyring, random: Random) -> None:
        self._keyring, self._random = keyring, random

    def begin(self, connection: Connection, person_id: int, party: str, person: str, now: datetime) -> str:
        """A new secret as otpauth URI; one that was not confirmed is replaced. Raises Problem 409 if one was."""
        secret = b32encode(self._random(SECRET_BYTES)).decode()
        sealed = self._keyring.seal_secret(owner(person_id), secret.encode())
        if not connection.execute(_BEGIN, {"person": person_id, "sealed": sealed, "now": now}).rowcount:
            raise Problem(409, "factor-exists", "expected no second factor yet, there is one: remove it first")
        return _uri(pyotp.TOTP(secret), party, person)

    def confirm(self, connection: Connection, person_id: int, code: str, now: datetime) -> list[str] | None:
        """From now on it is asked for: ten recovery codes, shown once. None if the code is not of it."""
        row = self._row(connection, person_id)
        if row is None or row.confirmed_at is not None:
            raise Problem(409, "no-factor-begun", "expected a second factor that waits for its first code, got none")
        if not self._counts(connection, person_id, row, code, now):
            return None
        connection.execute(_CONFIRM, {"person": person_id, "now": now})
        return self.new_codes(connection, person_id)

    def new_codes(self, connection: Connection, person_id: int) -> list[str]:
        """Instead of all that there were."""
        codes = [_spelled(self._random(10)) for _ in range(CODES)]
        connection.execute(_DROP_CODES, {"person": person_id})
        connection.execute(_ADD_CODE, [{"person": person_id, "hash": secret_hash(_bare(code))} for code in codes])
        return codes

    def accept(self, connection: Connection, person_id: int, code: str, now: datetime) -> str | None:
        """`totp` or `recovery` if this is a code of a confirmed factor; it counts no second time."""
        row = self._row(connection, person_id)
        if row is None or row.confirmed_at is None:
            return None
        if self._counts(connection, person_id, row, code, now):
            return "totp"
        used = {"person": person_id, "hash": secret_hash(_bare(code)), "now": now}
        return "recovery" if connection.execute(_USE_CODE, used).rowcount else None

    def _row(self, connection: Connection, person_id: int) -> Row[Any] | None:
        """Locked: two requests with the same code come one after the other."""
        return connection.execute(_ONE, {"person": person_id}).one_or_none()

    def _totp(self, person_id: int, row: Row[Any]) -> pyotp.TOTP:
        return pyotp.TOTP(self._keyring.open_secret(owner(person_id), row.sealed).decode())

    def _counts(self, connection: Connection, person_id: int, row: Row[Any], code: str, now: datetime) -> bool:
        given, totp, step = code.replace(" ", ""), self._totp(person_id, row), int(now.timestamp()) // STEP
        for each in range(max(step - WINDOW, row.last_step + 1), step + WINDOW + 1):
            if hmac.compare_digest(totp.generate_otp(each).encode(), given.encode()):
                connection.execute(_COUNTED, {"person": person_id, "step": each})
                return True
        return False


def is_enrolled(connection: Connection, person_id: int) -> bool:
    return connection.execute(_ENROLLED, {"person": person_id}).scalar_one_or_none() is not None


def codes_left(connection: Connection, person_id: int) -> int:
    return int(connection.execute(_LEFT, {"person": person_id}).scalar_one())


def remove(connection: Connection, person_id: int) -> bool:
    """Whether there was one, confirmed or not."""
    connection.execute(_DROP_CODES, {"person": person_id})
    return connection.execute(_REMOVE, {"person": person_id}).rowcount > 0


def _uri(totp: pyotp.TOTP, party: str, person: str) -> str:
    return totp.provisioning_uri(name=f"{party}/{person}", issuer_name=ISSUER)


def owner(person_id: int) -> str:
    """To what a sealed secret is bound."""
    return f"totp\0{person_id}"


def _spelled(bits: bytes) -> str:
    """`abcd-efgh-ijkl-mnop`: base32 has neither 0, 1 nor 8 to be taken for letters."""
    letters = b32encode(bits).decode().lower()
    return "-".join(letters[start : start + 4] for start in range(0, len(letters), 4))


def _bare(code: str) -> str:
    return code.replace("-", "").replace(" ", "").lower()


_BEGIN = text(
    "INSERT INTO warehouse.second_factor AS f (person_id, sealed, made_at, last_step)"
    " VALUES (:person, :sealed, :now, 0)"
    " ON CONFLICT (person_id) DO UPDATE SET sealed = :sealed, made_at = :now, last_step = 0"
    " WHERE f.confirmed_at IS NULL"
)
_ONE = text(
    "SELECT sealed, confirmed_at, last_step FROM warehouse.second_factor WHERE person_id = :person FOR NO KEY UPDATE"
)
_CONFIRM = text("UPDATE warehouse.second_factor SET confirmed_at = :now WHERE person_id = :person")
_COUNTED = text("UPDATE warehouse.second_factor SET last_step = :step WHERE person_id = :person")
_ENROLLED = text(
    "SELECT 1 FROM warehouse.second_factor WHERE person_id = :person AND confirmed_at IS NOT NULL"
)
_REMOVE = text("DELETE FROM warehouse.second_factor WHERE person_id = :person")
_LEFT = text("SELECT count(*) FROM warehouse.recovery_code WHERE person_id = :person AND used_at IS NULL")
_DROP_CODES = text("DELETE FROM warehouse.recovery_code WHERE person_id = :person")
_ADD_CODE = text("INSERT INTO warehouse.recovery_code (person_id, code_hash) VALUES (:person, :hash)")
_USE_CODE = text(
    "UPDATE warehouse.recovery_code SET used_at = :now WHERE person_id = :person AND code_hash = :hash"
    " AND used_at IS NULL"
)
