"""State machines as tables: which act leads from which state to which. Nothing else decides what may be done next."""

from collections.abc import Mapping

from service.domain.errors import DomainError

Table = Mapping[tuple[str, str], str]


class WrongState(DomainError):
    slug = "wrong-state"
    title = "In this state that cannot be done"

    def __init__(self, kind: str, act: str, expected: str, seen: str) -> None:
        super().__init__(f"{act}: expected a {kind} that is {expected}, it is {seen}",
                         expected=expected, seen=seen, kind=kind, act=act)


class IdTaken(DomainError):
    """INV-X1 for what is no movement: one id, one content, for ever."""

    slug = "id-taken"
    title = "This id was used with other content"

    def __init__(self, kind: str, id: str, expected: str, seen: str) -> None:
        super().__init__(f"{kind} {id} was asked for with content {expected}, this content is {seen}",
                         expected=expected, seen=seen, kind=kind)


def after(table: Table, kind: str, state: str, act: str) -> str:
    """The state that `act` leads to; raises WrongState naming the states in which it may be done."""
    found = table.get((state, act))
    if found is None:
        allowed = sorted(before for before, each in table if each == act)
        raise WrongState(kind, act, " or ".join(allowed) or "in another state", state)
    return found
