"""The contracts as data: what the rest of the project reads of this room are committed artifacts, never Solidity."""

import json
from pathlib import Path
from typing import Any

_ROOM = Path(__file__).resolve().parent
_PLACES = (_ROOM / "artifacts", _ROOM / "bench" / "artifacts")


def artifact(name: str = "LotAnchor") -> dict[str, Any]:
    """The artifact of a contract: abi, bytecode and runtime (hex with 0x), compiler, settings, input_sha256."""
    for place in _PLACES:
        path = place / f"{name}.json"
        if path.exists():
            loaded: dict[str, Any] = json.loads(path.read_text())
            return loaded
    raise LookupError(f"no artifact of {name!r} in {[place.as_posix() for place in _PLACES]}")
