"""What orders, reservations and picking refuse, with the numbers."""

from service.domain.errors import DomainError


class OrderEnded(DomainError):
    slug = "order-ended"
    title = "Nothing happens to this order in its state"

    def __init__(self, number: str, expected: str, seen: str) -> None:
        super().__init__(f"order {number!r}: expected {expected}, it is {seen}",
                         expected=expected, seen=seen, order=number)


class OrderInUse(DomainError):
    slug = "order-in-use"
    title = "Something has happened to this order already: close it instead"

    def __init__(self, number: str) -> None:
        super().__init__(f"order {number!r}: goods have moved against it; close it to give up the rest",
                         expected="nothing moved", seen="part done", order=number)


class WrongDirection(DomainError):
    slug = "wrong-direction"
    title = "Goods do not go this way for an order of this kind"

    def __init__(self, number: str, kind: str, expected: str, seen: str) -> None:
        super().__init__(f"order {number!r} is a {kind} order: expected {expected}, got {seen}",
                         expected=expected, seen=seen, order=number)


class OverDelivery(DomainError):
    slug = "over-delivery"
    title = "More arrived than the order takes: send it again with over = true if that is meant"

    def __init__(self, number: str, item: str, lot: str, expected: str, seen: str) -> None:
        super().__init__(f"order {number!r}, item {item!r}, lot {lot!r}: expected at most {expected}, got {seen}",
                         expected=expected, seen=seen, order=number, item=item, lot=lot)


class OverConsumption(DomainError):
    slug = "over-consumption"
    title = "More was used up than the order takes: send it again with over = true if that is meant"

    def __init__(self, number: str, item: str, expected: str, seen: str) -> None:
        super().__init__(f"order {number!r}, component {item!r}: expected at most {expected}, got {seen}",
                         expected=expected, seen=seen, order=number, item=item)


class UnplannedComponent(DomainError):
    """What may go into a product is decided when the order is made: nothing makes this one fit."""

    slug = "unplanned-component"
    title = "This is not among the components of the order"

    def __init__(self, number: str, item: str, lot: str) -> None:
        super().__init__(f"order {number!r}: expected what its components name, got item {item!r}, lot {lot!r}",
                         expected="what its components name", seen=f"{item}, lot {lot}", order=number, item=item,
                         lot=lot)


class CountedElsewhere(DomainError):
    slug = "counted-elsewhere"
    title = "This movement counts for another order already"

    def __init__(self, number: str, other: str) -> None:
        super().__init__(f"order {number!r}: expected a movement that counts for no other order of its kind, this one"
                         f" counts for {other!r}", expected="no other order", seen=other, order=number)


class NotPicked(DomainError):
    slug = "not-picked"
    title = "That much was not picked for this order"

    def __init__(self, number: str, lot: str, place: str, expected: str, seen: str) -> None:
        super().__init__(f"order {number!r}, lot {lot!r} at {place}: expected at most {expected}, which was picked for"
                         f" it, got {seen}", expected=expected, seen=seen, order=number, lot=lot, place=place)


class WrongScan(DomainError):
    slug = "wrong-scan"
    title = "That is not what is to be picked here"

    def __init__(self, what: str, scanned: str, expected: str, do: str) -> None:
        super().__init__(f"Scanned: {what} {scanned}. Expected: {what} {expected}. Do: {do}",
                         expected=expected, seen=scanned, scanned=scanned, do=do, field=what)


class NotAllocatable(DomainError):
    slug = "not-allocatable"
    title = "This stock may not leave"

    def __init__(self, lot: str, place: str, reason: str) -> None:
        super().__init__(f"lot {lot!r} at {place}: {reason}", expected="stock that may leave", seen=reason, lot=lot,
                         place=place)


class NothingToDo(DomainError):
    """`do` says what would come first."""

    slug = "nothing-to-do"
    title = "There is nothing to do this with"

    def __init__(self, number: str, expected: str, do: str) -> None:
        super().__init__(f"order {number!r}: expected {expected}, found nothing. Do: {do}",
                         expected=expected, seen="nothing", do=do, order=number)


class PickEnded(DomainError):
    slug = "pick-ended"
    title = "This line of the pick list is finished"

    def __init__(self, line: int, seen: str) -> None:
        super().__init__(f"line {line}: expected something left to pick, it is {seen}",
                         expected="something left to pick", seen=seen, line=line)


class SeveralPlaces(DomainError):
    slug = "several-places"
    title = "The goods stand in several places: say from which they leave"

    def __init__(self, number: str, places: list[str]) -> None:
        shown = ", ".join(places)
        super().__init__(f"order {number!r}: picked goods stand at {shown}; say `from`",
                         expected="from", seen=shown, order=number)
