"""From one site of a party to another: sent, on the way, arrived; the figures of a handoff, and one signature."""

from dataclasses import replace
from uuid import UUID

from service.domain.book import Book
from service.domain.commands import Arrive, Send
from service.domain.decision import Decision, Goods, Leg
from service.domain.errors import EmptyMovement, HandoffAnswered, ThingExists, UnknownThing, WrongAnswer, WrongPlace
from service.domain.places import HOLD, Virtual
from service.domain.rules.answers import answered_lines, missed, on_the_way
from service.domain.rules.handoffs import NO_STATEMENT
from service.domain.rules.lines import goods_of, status_of, target_place, transfer
from service.domain.things import Handoff, HandoffLine, Party


def send(book: Book, party: Party, movement: UUID, command: Send) -> Decision:
    """Within a party everything may travel, also to the quarantine of another site; it keeps its status."""
    source, to = book.location(party, command.from_), book.site(party, command.to_site)
    if to.id == source.site.id:
        raise WrongPlace(command.to_site, "another site; within a site goods are moved", "the site they lie at")
    if (party.id, movement) in book.handoffs:
        raise ThingExists("handoff", str(movement))
    goods, legs, lines = [], list[Leg](), []
    for line in command.lines:
        good = goods_of(book, party, line)
        status = status_of(book, good.lot, good.item, source, line.status)
        legs += transfer(good.lot, good.units, (source.id, status), (Virtual.TRANSFER, status))
        lines.append(HandoffLine(good.lot.id, good.units, status))
        goods.append(good)
    handoff = Handoff(movement, party.id, party.id, source.id, tuple(lines), NO_STATEMENT, to_site_id=to.id)
    return Decision(tuple(legs), tuple(goods), at=source, handoff=handoff,
                    notes={"lotproof:transferTo": to.uri})


def arrive(book: Book, party: Party, movement: UUID, command: Arrive) -> Decision:
    transfer_ = book.handoff(party, command.transfer)
    if not transfer_.is_transfer:
        raise UnknownThing("transfer", str(command.transfer))
    if transfer_.state != "offered":
        raise HandoffAnswered(str(transfer_.id), transfer_.state)
    to = target_place(book, party, command.to)
    if to.site.id != transfer_.to_site_id:
        raise WrongPlace(to.name, "a place of the site that the goods were sent to", to.site.code)
    goods, legs = [], list[Leg]()
    lines = answered_lines(book, transfer_, command.lines)
    for number, line in enumerate(lines, 1):
        if line.refused:
            raise WrongAnswer(number, "arrived or missing; nobody refuses his own goods", f"{line.refused} refused")
        held = line.status == HOLD or to.kind == "quarantine" or line.lot.recall is not None
        if line.accepted:
            here = (to.id, HOLD if held else line.status)
            legs += transfer(line.lot, line.accepted, on_the_way(transfer_, line), here)
            goods.append(Goods(line.lot, line.item, line.accepted))
        legs += missed(transfer_, line)
    if not goods:
        raise EmptyMovement(0)
    kept = tuple(replace(old, missing=line.missing) for old, line in zip(transfer_.lines, lines, strict=True))
    return Decision(
        tuple(legs), tuple(goods), at=to, to=to, handoff=replace(transfer_, state="accepted", lines=kept),
        missing=tuple(Goods(line.lot, line.item, line.missing) for line in lines if line.missing),
        notes={"lotproof:transfer": f"urn:uuid:{transfer_.id}"},
    )
