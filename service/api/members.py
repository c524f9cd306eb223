"""An object in a request whose form another document describes."""

from typing import Any

from service.api.schemas import Anything


class Members(Anything):
    """An object whose members another document describes."""

    expected = "an object"

    def __init__(self, description: str, **options: Any) -> None:
        super().__init__(description, "object", **options)

    def read(self, value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self.refuse(value)
        return value
