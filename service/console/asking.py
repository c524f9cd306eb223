"""Operations of the HTTP interface, asked by a page in the name of the person who signed in."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from service.api.door import Operation
from service.auth.keys import Caller
from service.auth.permissions import may_call

Operations = Mapping[str, Operation]


@dataclass(frozen=True, slots=True)
class Asking:
    """Answers are plain values, as JSON would have them, but with dates and moments as such. Refusals are Problems."""

    operations: Operations
    caller: Caller

    def read(self, operation: str, path: Mapping[str, str] | None = None, **query: object) -> Any:
        """A GET; what is None in `query` is left out."""
        told = {name: str(value) for name, value in query.items() if value is not None}
        return self.operations[operation].ask(self.caller, path or {}, told)

    def do(self, operation: str, body: Any = None, path: Mapping[str, str] | None = None, **query: object) -> Any:
        """Whatever changes something; `body` as JSON would say it."""
        told = {name: str(value) for name, value in query.items() if value is not None}
        return self.operations[operation].ask(self.caller, path or {}, told, body)

    def may(self, operation: str) -> bool:
        """Whether a role of the caller allows it at all; a page does not offer what it does not."""
        return may_call(self.caller, operation)
