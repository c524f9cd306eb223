"""What a party signs to show that it has the secret half of a key that it wants to be its own."""

from __future__ import annotations

_WHAT = b"lotproof/possession/v1\x00"


def possession(origin: str, party: str, public: bytes) -> bytes:
    """The message; `party` is the party's URI, `public` the 32 bytes of the key. Good for this log and party only."""
    return _WHAT + origin.encode() + b"\x00" + party.encode() + b"\x00" + public
