"""Secrets that were planted, and every form in which one could lie about somewhere."""

import base64
import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote


def forms(secret: str | bytes) -> set[bytes]:
    """The text of a secret, or the bytes that a key is: plain, in hex, in base64 of both alphabets wherever it begins,
    escaped as Python and URLs do.
    """
    raw = secret.encode() if isinstance(secret, str) else secret
    assert len(raw) >= 8, "expected a secret that is nowhere by chance"
    made = {raw, raw.hex().encode(), raw.hex().upper().encode(), repr(raw)[2:-1].encode(), quote(raw).encode()}
    for before in range(3):
        # Of base64 the first and last characters depend on the neighbours: what is left does not.
        text = base64.b64encode(b"\0" * before + raw)[(0, 2, 3)[before] : (before + len(raw)) * 8 // 6]
        made |= {text, text.replace(b"+", b"-").replace(b"/", b"_")}
    return {form for form in made if len(form) >= 8}


class Canaries:
    """Secrets by what they are called."""

    def __init__(self, planted: Mapping[str, str | bytes]) -> None:
        self.planted = dict(planted)

    def plant(self, **secrets: str | bytes) -> None:
        self.planted |= secrets

    def found(self, places: Iterable[tuple[str, bytes]], but: Mapping[str, str] | None = None) -> list[str]:
        """`secret in place` for each that is there; `but`: the one place, by its secret, where it belongs."""
        name_of = {form: name for name, secret in self.planted.items() for form in forms(secret)}
        any_of = re.compile(b"|".join(re.escape(form) for form in sorted(name_of, key=len, reverse=True)))
        seen = {(name_of[hit], place) for place, said in places for hit in any_of.findall(said)}
        return sorted(f"{name} in {place}" for name, place in seen if (but or {}).get(name) != place)
