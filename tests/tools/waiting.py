"""Until something is true, and no longer than it may take."""

import time
from typing import Any


def eventually(what: Any, seconds: float = 30) -> Any:
    """The first true answer."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := what():
            return found
        time.sleep(0.05)
    raise AssertionError("it did not happen")
