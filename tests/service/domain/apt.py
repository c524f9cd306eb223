"""Makes a command of chance fit what there is: left to chance alone, nearly everything would be refused.

`hint` chooses among the accounts that the command could be about; the amounts stay small, what else is asked stays as
it is, and so there is still enough to refuse.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from service.domain import commands as c
from service.domain.book import Book
from service.domain.decision import Account
from service.domain.places import AVAILABLE, HOLD, Virtual
from service.domain.quantities import format_quantity, parse_quantity
from service.domain.things import Item, Lot

LEAVES = (c.Ship, c.Pick, c.Offer, c.Hold, c.Produce)
WITHOUT_LOTS = (c.Register, c.Receive, c.Accept, c.Arrive)
ON_PALLETS = (c.Unpack, c.Relocate)


@dataclass(frozen=True, slots=True)
class Offered:
    """A handoff or transfer that was recorded."""

    id: UUID
    sender: str
    receiver: str


def meant(book: Book, party: str, command: c.Command, offered: Sequence[Offered]) -> tuple[str, c.Command]:
    """Who gives this answer, and to what: to what waits for it, if anything does; other commands are as they are."""
    if isinstance(command, c.Arrive):
        found = _recent(book, command, command.transfer, [each for each in offered if each.sender == each.receiver])
        return (found.sender, replace(command, transfer=found.id)) if found else (party, command)
    if isinstance(command, c.Accept | c.Refuse):
        found = _recent(book, command, command.handoff, [each for each in offered if each.sender != each.receiver])
        return (found.receiver, replace(command, handoff=found.id)) if found else (party, command)
    if isinstance(command, c.Withdraw | c.Settle):
        found = _recent(book, command, command.handoff, offered)
        return (found.sender, replace(command, handoff=found.id)) if found else (party, command)
    return party, command


def _recent(book: Book, command: c.Command, ago: UUID, offered: Sequence[Offered]) -> Offered | None:
    known = {each.id: book.handoff(book.party(each.receiver), each.id) for each in offered}
    if isinstance(command, c.Settle):
        waiting = [each for each in offered if any(line.missing for line in known[each.id].lines)]
    else:
        waiting = [each for each in offered if known[each.id].state == "offered"]
    chosen = (waiting or offered) if ago.int < 2 else offered
    return chosen[-1 - ago.int % len(chosen)] if chosen else None


def apt(book: Book, party: str, command: c.Command, hint: int) -> c.Command:
    """The command about the `hint`-th of the accounts that it could be about; 0 leaves it as it is."""
    accounts = _accounts(book, party, command)
    if not accounts or not hint:
        return command
    chosen = accounts[hint % len(accounts)]
    lot, item = _lot(book, chosen)
    fields: dict[str, Any] = {}
    place = book.locations_by_id.get(chosen.place)
    for name in ("from_", "at"):
        if place is not None and hasattr(command, name):
            fields[name] = place.name
    if isinstance(command, c.Split | c.Recall | c.Lift):
        fields |= {"item": item.code, "lot": lot.number}
    elif getattr(command, "lines", ()) and not isinstance(command, WITHOUT_LOTS):
        beside = [each for each in accounts if each.place == chosen.place and each != chosen]
        if isinstance(command, c.Merge):
            beside = [each for each in beside if _lot(book, each)[1] == item and each.lot_id != chosen.lot_id]
        fields["lines"] = _about(book, command, [chosen, *beside])
    if isinstance(command, c.Offer) and command.to_party == party:
        fields["to_party"] = "depot" if party == "shop" else "shop"
    if isinstance(command, c.Send) and place is not None:
        fields["to_site"] = "S1" if place.site.code == "S2" else "S2"
    command = replace(command, **fields)
    return _balanced(book, party, command) if isinstance(command, c.Transformation) else command


def _accounts(book: Book, party: str, command: c.Command) -> list[Account]:
    ours = {lot.id for lot in book.lots_by_id.values() if lot.party_id == book.party(party).id}
    found = sorted(account for account, units in book.stock.items() if units > 0 and account.lot_id in ours)
    if isinstance(command, c.TakeBack):
        return [each for each in found if each.place == Virtual.CUSTOMER]
    if isinstance(command, c.Lift):
        return [each for each in found if book.lots_by_id[each.lot_id].recall is not None]
    found = [each for each in found if each.place > 0]
    if isinstance(command, LEAVES):
        return [each for each in found if each.status == AVAILABLE]
    if isinstance(command, c.Release | c.Rework):
        return [each for each in found if each.status == HOLD]
    if isinstance(command, ON_PALLETS):
        return [each for each in found if book.locations_by_id[each.place].kind == "pallet"]
    return found


def _about(book: Book, command: Any, accounts: Sequence[Account]) -> tuple[object, ...]:
    """The lines, as many as there are, each about one of these accounts."""
    lines: list[object] = []
    for line, account in zip(command.lines, accounts, strict=False):
        lot, item = _lot(book, account)
        if isinstance(line, c.CountLine):
            lines.append(replace(line, item=item.code, lot=lot.number, status=account.status))
            continue
        units = min(parse_quantity(line.quantity, item.decimals), book.stock[account] + (len(lines) == 2))
        lines.append(replace(line, item=item.code, lot=lot.number, quantity=format_quantity(units, item.decimals)))
    return tuple(lines)


def _balanced(book: Book, party: str, command: c.Transformation) -> c.Transformation:
    """Where one thing is made of the same item, as much comes out as went in, less the loss."""
    output, (first, *others) = command.outputs[0], command.lines
    if len(command.outputs) > 1 or {line.item for line in (*others, output)} - {first.item}:
        return command
    item = book.item(book.party(party), first.item)
    units = sum(parse_quantity(line.quantity, item.decimals) for line in command.lines)
    units -= parse_quantity(command.loss, 0) * int(10**item.decimals / (item.content or 1)) if command.loss else 0
    if units <= 0:
        return command
    return replace(command, outputs=(replace(output, quantity=format_quantity(units, item.decimals)),))


def _lot(book: Book, account: Account) -> tuple[Lot, Item]:
    lot = book.lots_by_id[account.lot_id]
    return lot, book.items_by_id[lot.item_id]
