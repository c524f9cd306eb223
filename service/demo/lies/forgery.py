"""Changing what a statement says: with the issuer's key (a new, valid one), or without it (only what is shown)."""

import base64
import json
from hashlib import sha256
from typing import Any

from service.keys.keyring import SigningKey
from service.statements.sdjwt import Statement, seal


def shown_otherwise(disclosures: str, lot: str, quantity: int) -> str:
    """The same disclosures with another quantity of `lot`; no digest is touched, so the signature does not cover it."""
    return "~" + "~".join(_otherwise(part, lot, quantity) for part in _parts(disclosures)) + "~"


def signed_anew(jwt: str, disclosures: str, signer: SigningKey, lot: str, quantity: int) -> Statement:
    """The statement as if it had always said `quantity`, every digest made to fit, signed by the party's own key."""
    payload, parts = decoded(jwt.split(".")[1]), _parts(disclosures)
    changed = [_otherwise(part, lot, quantity) for part in parts]
    fits = {digest(old): digest(new) for old, new in zip(parts, changed, strict=True)}
    relisted = [_relisted(part, fits) for part in changed]
    fits |= {digest(old): digest(new) for old, new in zip(parts, relisted, strict=True)}
    payload["lots"] = [{"...": fits[each["..."]]} for each in payload["lots"]]
    payload["_sd"] = sorted(fits[each] for each in payload["_sd"])
    text = "~" + "~".join(relisted) + "~"
    return seal(signer, "movement+sd-jwt", json.dumps(payload, separators=(",", ":")).encode(), text.encode())


def digest(disclosure: str) -> str:
    return base64.urlsafe_b64encode(sha256(disclosure.encode()).digest()).decode().rstrip("=")


def decoded(text: str) -> Any:
    """The JSON in base64url."""
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def encoded(value: Any) -> str:
    raw = json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _parts(disclosures: str) -> list[str]:
    return [part for part in disclosures.split("~") if part]


def _otherwise(disclosure: str, lot: str, quantity: int) -> str:
    said = decoded(disclosure)
    if not isinstance(said[-1], dict) or said[-1].get("epcClass") != lot:
        return disclosure
    return encoded([*said[:-1], {**said[-1], "quantity": quantity}])


def _relisted(disclosure: str, fits: dict[str, str]) -> str:
    """A list whose member changed names the new digest."""
    said = decoded(disclosure)
    if not isinstance(said[-1], list) or not all(isinstance(each, dict) and "..." in each for each in said[-1]):
        return disclosure
    listed = [{"...": fits.get(each["..."], each["..."])} for each in said[-1]]
    return disclosure if listed == said[-1] else encoded([*said[:-1], listed])
