"""Two persons: each shows an API key of role operator, kept in a file of his own.

Names are the keys' labels. They are compared and kept in this database; into the log go only the keys' ids, for what
stands there cannot be erased.
"""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, text

from service.auth import keys

NEEDED = 2
INSTALLATION = "operator"  # the key of the settings: not in the table, and one person's like any other


class NotTwo(Exception):
    """Two different operators did not show their keys; the text says what was seen, without the keys."""


@dataclass(frozen=True, slots=True)
class Operator:
    """`id` of the key, and the name on it."""

    id: str
    name: str


def two(
    connection: Connection, files: Sequence[Path], installation_key: str | None, now: datetime
) -> tuple[Operator, Operator]:
    """The two operators whose keys are in these files; raises NotTwo."""
    shown = [_operator(connection, file, installation_key, now) for file in files]
    if len(shown) != NEEDED:
        raise NotTwo(f"expected the keys of {NEEDED} operators, got {len(shown)}")
    first, second = shown
    if first.id == second.id or first.name.strip().casefold() == second.name.strip().casefold():
        raise NotTwo(f"expected two different persons, got {first.name} twice")
    return first, second


def _operator(connection: Connection, file: Path, installation_key: str | None, now: datetime) -> Operator:
    try:
        secret = file.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise NotTwo(f"{file}: expected a file with an API key, got {type(error).__name__}") from None
    hashed = keys.secret_hash(secret)
    if installation_key and hmac.compare_digest(hashed, keys.secret_hash(installation_key)):
        return Operator(INSTALLATION, "the installation's own key")
    caller = keys.caller_of(connection, hashed, now)
    if caller is None:
        raise NotTwo(f"{file}: this API key is unknown, revoked or expired")
    if caller.role != "operator":
        raise NotTwo(f"{file}: expected a key of role operator, got {caller.role}")
    label = connection.scalar(text("SELECT label FROM warehouse.api_key WHERE id = :id"), {"id": caller.key})
    return Operator(caller.key, str(label))
