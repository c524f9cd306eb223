"""Reading our own statements back: what the stored disclosures say, for the integrity check.

Only what that needs. Whether a statement is to be believed is the verifier's question, answered by other code.
"""

import json
import re
from binascii import a2b_base64
from collections import defaultdict
from decimal import Decimal
from hashlib import sha256
from typing import Any

from service.statements.sdjwt import b64url

_DIGEST = re.compile(r'"([A-Za-z0-9_-]{43})"')


def decoded(part: str) -> Any:
    """The JSON of one disclosure or of a JWT part; numbers exact."""
    raw = a2b_base64(part.replace("-", "+").replace("_", "/") + "=" * (-len(part) % 4))
    return json.loads(raw, parse_float=Decimal)


def digest_of(part: str) -> str:
    """By which a statement, or a list in it, names this disclosure."""
    return b64url(sha256(part.encode()).digest()).decode()


def parts_of(disclosures: str) -> list[str]:
    return [part for part in disclosures.split("~") if part]


def disclosed_lots(jwt: str, disclosures: str) -> set[str]:
    """URIs of the lots that are shown: what the digests in `lots` of the payload stand for (not a pallet's)."""
    lots = {member["..."] for member in decoded(jwt.split(".")[1])["lots"]}
    parts = [part for part in parts_of(disclosures) if digest_of(part) in lots]
    return {decoded(part)[1] for part in parts}


def disclosed_quantities(disclosures: str) -> dict[str, Decimal]:
    """How much of each lot the event says, over all its quantity lists."""
    told: dict[str, Decimal] = defaultdict(Decimal)
    for value in map(decoded, parts_of(disclosures)):
        if len(value) == 2 and isinstance(value[1], dict) and "quantity" in value[1]:
            told[value[1]["epcClass"]] += Decimal(value[1]["quantity"])
    return told


def unknown_disclosures(jwt: str, disclosures: str) -> list[str]:
    """Digests of disclosures that neither the payload nor another disclosure names."""
    parts = parts_of(disclosures)
    named = set(_DIGEST.findall(json.dumps(decoded(jwt.split(".")[1]))))
    for part in parts:
        named.update(_DIGEST.findall(json.dumps(decoded(part), default=str)))
    digests = map(digest_of, parts)
    return [digest for digest in digests if digest not in named]
