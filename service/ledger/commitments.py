"""How the parts of a request that may be erased are hashed: each under a salt of its own, which goes with it.

    content   {"type":"ship","reason":"She rang","customer":"Ms Wu",...}      as it was asked, text and all
    parts     {"reason": 22 characters of salt, "documents/0": ...}           beside it, in the same row
    hashed    {"type":"ship","reason":{"...":43 characters},...}              SHA-256 of ["salt",value]

`content_hash` is the hash of the last form, so it means the same after an erasure: the text becomes null, its salt
becomes the commitment that stood for it, and what is hashed is what was hashed before. Without the salt nobody can try
names until one fits. The journal names the commitments too, and the signed statement holds the journal's hash, so it is
signed of each part which it was. `service.domain.erasable` says which parts there are; a request without any is hashed
as it stands. Of a document only its id is such a part.

Nothing is lost by writing the JSON again: it has no number with a fraction.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any

import orjson

from service.domain.commands import Command
from service.domain.erasable import MEMBERS
from service.statements.sdjwt import b64url

SALT_BYTES = 16
_SALT = 22  # characters
Parts = Mapping[str, str]
Commitments = dict[str, str]


def salted(command: Command, random: Callable[[int], bytes]) -> dict[str, str]:
    """A fresh salt for each part that this command has."""
    names = list(_parts_of(command))
    raw = random(SALT_BYTES * len(names)) if names else b""
    return {name: b64url(raw[SALT_BYTES * at :][:SALT_BYTES]).decode() for at, name in enumerate(names)}


def commitments(content: bytes, parts: Parts) -> Commitments:
    """What stands for each part; an erased one stands as it was committed, whatever the content says."""
    told = orjson.loads(content) if parts else {}
    return {name: salt if is_erased(salt) else commitment(salt, said(told, name)) for name, salt in parts.items()}


def committed(content: bytes, those: Commitments) -> bytes:
    """The form of this content that is hashed."""
    if not those:
        return content
    told = orjson.loads(content)
    for name, each in those.items():
        holder, key = _at(told, name)
        if key in holder:  # not so in another request under the same id, whose hash is another anyway
            holder[key] = {"...": each}
    return orjson.dumps(told)


def without(content: bytes, parts: Parts, names: Sequence[str]) -> tuple[bytes, dict[str, str]]:
    """Content and parts after these parts are erased: no text and no salt of them is left."""
    told, left = orjson.loads(content), dict(parts)
    for name in names:
        holder, key = _at(told, name)
        left[name] = commitment(parts[name], holder[key])
        holder[key] = None
    return orjson.dumps(told), left


def commitment(salt: str, value: Any) -> str:
    return b64url(sha256(b'["%s",%s]' % (salt.encode(), orjson.dumps(value))).digest()).decode()


def is_erased(salt: str) -> bool:
    return len(salt) != _SALT


def said(told: dict[str, Any], name: str) -> Any:
    """The value of a part in the parsed content."""
    holder, key = _at(told, name)
    return holder.get(key)


def _parts_of(command: Command) -> Iterator[str]:
    for member in MEMBERS.values():
        if getattr(command, member, None) is not None:
            yield member
    for number, _ in enumerate(command.documents):
        yield f"documents/{number}"


def _at(told: dict[str, Any], name: str) -> tuple[dict[str, Any], str]:
    """Where a part stands: the object and the member."""
    member, _, number = name.partition("/")
    if not number:
        return told, member
    listed = told[member]
    return (listed[int(number)] if int(number) < len(listed) else {}), "id"
