"""A key is given as it is or in a keystore, never in both ways; the keystore is opened only for who needs the key."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from service.keys.keystores import KeystoreError, Open, opened_anchorer_key, opened_log_key


@dataclass(frozen=True, slots=True)
class Kept:
    """A key that may lie in a keystore: the field of `Settings`, how its variables begin, and how it is opened.

    `also`: fields that follow from it, so that who needs them needs the key.
    """

    field: str
    name: str
    open: Open
    also: tuple[str, ...] = ()

    @property
    def keystore(self) -> str:
        return f"{self.name}_KEYSTORE"

    @property
    def passphrase(self) -> str:
        return f"{self.name}_PASSPHRASE"


KEPT = (
    Kept("log_key", "LOTPROOF_LOG", opened_log_key, ("log_public_key",)),
    Kept("anchorer_key", "LOTPROOF_ANCHORER", opened_anchorer_key),
)


def open_keystores(found: dict[str, Any], need: Collection[str]) -> dict[str, str]:
    """Put keys out of keystores into `found`, as far as `need` asks for them; what is wrong, in words, by field."""
    wrong = {}
    for kept in KEPT:
        path, passphrase = found.pop(kept.keystore, None), found.pop(kept.passphrase, None)
        if fault := _fault(kept, kept.field in found, path, passphrase):
            wrong[kept.field] = fault
        elif path and (kept.field in need or any(each in need and each not in found for each in kept.also)):
            try:
                found[kept.field] = kept.open(Path(path).read_bytes(), passphrase)
            except OSError as unreadable:
                wrong[kept.field] = f"{kept.keystore}={path}: expected a readable file, got {type(unreadable).__name__}"
            except KeystoreError as closed:
                wrong[kept.field] = f"{kept.keystore}={path}: {closed}"
    return wrong


def _fault(kept: Kept, plain: bool, path: str | None, passphrase: str | None) -> str | None:
    if plain and path:
        return f"{kept.name}_KEY and {kept.keystore} are both set: expected one of them"
    if path and not passphrase:
        return f"{kept.keystore} is set: expected its passphrase in {kept.passphrase}_FILE"
    if passphrase and not path:
        return f"{kept.passphrase} is set: expected the keystore that it opens in {kept.keystore}"
    return None
