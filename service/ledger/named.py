"""What a command names, so that it can be locked and loaded before the rule looks: codes only, nothing is asked."""

from collections.abc import Iterator

from service.domain.commands import (
    Accept,
    Command,
    Count,
    Lift,
    Merge,
    NewLotLine,
    Offer,
    Pack,
    Pick,
    Produce,
    Recall,
    Receive,
    Register,
    Relocate,
    Ship,
    Split,
    Transformation,
    Unpack,
)

NAMES_LOTS = (Register, Receive, Split, Merge, Transformation, Accept, Recall, Lift)
"""Commands that may bring lots into being, or for which none may come into being meanwhile."""

TAKES_OUT = (Ship, Offer, Pick, Produce)
"""Commands that use stock up, so that promises to orders count."""


SSCC_DIGITS = 18


def item_codes(command: Command) -> Iterator[str]:
    for line in (*getattr(command, "lines", ()), *getattr(command, "outputs", ())):
        if hasattr(line, "item"):
            yield line.item
    if isinstance(command, Split | Recall | Lift):
        yield command.item
    if isinstance(command, Accept):
        yield from (match.ours for match in command.items)


def location_names(command: Command) -> Iterator[str]:
    for name in ("from_", "to", "at"):
        given = getattr(command, name, None)
        if given is not None:
            yield given


def site_code(command: Command) -> str | None:
    """The site that a transfer goes to."""
    return getattr(command, "to_site", None)


def pallet_code(command: Command) -> str | None:
    """The SSCC of the pallet that is packed, unpacked or carried, or on which lots may come to lie in other ways."""
    if isinstance(command, Pack):
        return command.pallet
    if isinstance(command, Split | Merge | Count):
        code = command.at.partition("/")[2]
        return code if len(code) == SSCC_DIGITS and code.isdigit() else None
    return command.from_.partition("/")[2] if isinstance(command, Unpack | Relocate) else None


def takes_all(command: Command) -> bool:
    """Whether it concerns whatever lies on the pallet: takes all of it, or looks whether there is room."""
    return isinstance(command, Relocate | Pack) or (isinstance(command, Unpack) and not command.lines)


def lot_names(command: Command) -> Iterator[tuple[str, str]]:
    """Item and number of the lots that must exist."""
    if isinstance(command, Split | Recall | Lift):
        yield command.item, command.lot
    elif not isinstance(command, Register | Receive):
        for line in getattr(command, "lines", ()):
            if hasattr(line, "lot"):
                yield line.item, line.lot


def new_lots(command: Command) -> Iterator[NewLotLine]:
    """Lots that may come into being."""
    if isinstance(command, Register | Receive):
        yield from command.lines
    elif isinstance(command, Split):
        yield from (NewLotLine(command.item, output.lot, output.quantity) for output in command.outputs)
    elif isinstance(command, Merge) and command.lines:
        yield NewLotLine(command.lines[0].item, command.lot, "0")
    elif isinstance(command, Transformation):
        yield from command.outputs
