"""The history of a lot on paper (批次追溯报告): what it is, how it stands, all that happened, and what is proven.

It prints a content of `service.prints.lot_paper`. In its head are the number of the copy, the hash of what it says, and
a code that leads to the page of this print, which tells whether anything changed since.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from service.papers import symbols
from service.papers.blocks import (
    HEADING,
    LABEL,
    SMALL,
    STRONG,
    Block,
    Style,
    banded,
    beside,
    fact,
    line,
    space,
    stack,
    symbol,
    words,
)
from service.papers.headings import heading
from service.papers.lot_paper_words import W
from service.papers.pages import ROOM, Section
from service.papers.pdf import printed
from service.papers.spoken import SPOKEN, places
from service.papers.values import day, moment
from service.papers.words import Language

Told = Mapping[str, Any]

_SIDE = 2.0  # points to a module of the code
_LEFTS = (4.0, 92.0, 150.0, 226.0, 330.0, 438.0)
_COLUMNS = ("recorded", "what", "quantity", "way", "who", "proof")
_TITLE = Style(7, bold=True)


@dataclass(frozen=True, slots=True)
class Head:
    """`link` leads to the page of this print; `brief` is the hash of what it says, short enough to compare by eye."""

    link: str
    copy: int
    brief: str
    printed_by: str


def lot_paper_pdf(told: Told, head: Head, language: Language) -> bytes:
    """The same content and head are the same bytes."""
    paper = _Paper(language)
    lot = told["lot"]
    named = f"{paper.say('title')} {lot['number']}"
    blocks = [*paper.head(told, head), *paper.stock(told), *paper.history(told), *paper.family(told),
              *paper.cases(told), *paper.exceptions(told), *paper.limits()]  # fmt: skip
    running = stack(words(f"{named} · {lot['company']} · {head.brief}", ROOM, STRONG), space(6))
    foot = f"{named} · No. {head.copy} · {head.brief} · {moment(told['as_of'])}"
    return printed(named, [Section(running, blocks)], foot, language)


@dataclass(frozen=True, slots=True)
class _Paper:
    language: Language

    def say(self, key: str, *values: object) -> str:
        return W[key].in_language(self.language).format(*values)

    def called(self, key: str) -> str:
        """A state, a movement or an act; what has no word stands for itself."""
        found = SPOKEN.get(key)
        return found.in_language(self.language) if found else key.partition(".")[2]

    def head(self, told: Told, head: Head) -> Iterator[Block]:
        lot = told["lot"]
        yield from heading(self.say("title"), self.say("copy"), str(head.copy))
        code = symbols.link(head.link)
        wide = len(code) * _SIDE
        left = ROOM - wide - 16
        facts = [("lot", lot["number"]), ("item", f"{lot['code']} {lot['name']} {lot['spec'] or ''}"),
                 ("company", lot["company"]), ("expires", day(lot["expiry_date"])),
                 ("produced", day(lot["production_date"])), ("manufacturer_lot", lot["manufacturer_lot"]),
                 ("supplier", lot["supplier"]), ("uri", lot["uri"]), ("as_of", moment(told["as_of"])),
                 ("printed_by", head.printed_by), ("hash", head.brief)]  # fmt: skip
        said = stack(*(_labelled(self.say(name), value, left) for name, value in facts if value), gap=2)
        below = stack(symbol(code, _SIDE), space(3), words(self.say("code"), wide, LABEL))
        yield beside((0, said), (ROOM - wide, below))
        yield from self._answers(told)

    def _answers(self, told: Told) -> Iterator[Block]:
        """Goods and record, two answers beside each other that share no word."""
        history, half = told["history"], ROOM / 2
        counted = [sum(row["record_status"] in some for row in history) for some in (
            ("sequenced", "anchored", "final"), ("anchored", "final"), ("final",))]  # fmt: skip
        goods = fact(f"{self.say('goods')}, {self.say('goods.what')}", self.called(f"goods.{told['goods']}"),
                     half - 12, HEADING)  # fmt: skip
        record = fact(self.say("record"), self.say("record.of", len(history), *counted), half, STRONG)
        yield stack(space(8), line(ROOM, 0.6), space(4), beside((0, goods), (half, record)))

    def stock(self, told: Told) -> Iterator[Block]:
        first = self._titled("stock")
        if not told["stock"]:
            yield stack(first, words(self.say("no_stock"), ROOM, SMALL))
        for row in told["stock"]:
            state = self.called(f"goods.{row['goods_status']}")
            yield stack(first, beside((4, words(row["location"], 200)), (226, words(state, 140)),
                                      (380, words(f"{row['quantity']} {row['unit']}", ROOM - 384, right=True))))
            first = space(0)

    def history(self, told: Told) -> Iterator[Block]:
        cells = [(left, words(self.say(name), 84, _TITLE)) for left, name in zip(_LEFTS, _COLUMNS, strict=True)]
        first = stack(self._titled("history"), banded(beside(*cells), ROOM))
        for row in told["history"]:
            yield stack(first, space(3), self._movement(row), space(3), line(ROOM, 0.3, 0.75))
            first = space(0)

    def _movement(self, row: Told) -> Block:
        happened = row["event_time"]
        at = [words(moment(row["recorded_at"]), 86, SMALL)]
        at += [words(self.say("happened", moment(happened)), 86, LABEL)] if happened else []
        index = "–" if row["index"] is None else str(row["index"])
        proof = f"{index}, {self.called('record.' + row['record_status'])}"
        proof += f", {row['block']}" if row["block"] is not None else ""
        ends = (places(row[end], self.language) for end in ("from", "to"))
        way = " > ".join(each for each in ends if each)
        way += f" ({row['partner']})" if row["partner"] else ""
        why = " · ".join(each for each in (row["actor"], row["reason"]) if each)
        told = (stack(*at), words(self.called(f"type.{row['type']}"), 56, SMALL),
                words(f"{row['quantity']} {row['unit']}", 72, SMALL), words(way, 100, SMALL), words(why, 104, SMALL),
                words(proof, ROOM - _LEFTS[-1], SMALL))  # fmt: skip
        return beside(*zip(_LEFTS, told, strict=True))

    def family(self, told: Told) -> Iterator[Block]:
        first, others = self._titled("family"), [each for each in told["relatives"] if each["relation"] != "itself"]
        if not others:
            yield stack(first, words(self.say("no_family"), ROOM, SMALL))
        for each in others:
            yield stack(first, beside((4, words(self.say(each["relation"]), 84, SMALL)),
                                      (92, words(f"{each['lot']}  {each['item']}", ROOM - 92, SMALL))))  # fmt: skip
            first = space(0)
        if (more := told["relatives_total"] - len(told["relatives"])) > 0:
            yield words(self.say("more", more), ROOM, SMALL)

    def cases(self, told: Told) -> Iterator[Block]:
        first = self._titled("cases")
        if not told["cases"]:
            yield stack(first, words(self.say("no_cases"), ROOM, SMALL))
        for case in told["cases"]:
            head = self.say("case", moment(case["opened_at"]), self.called(f"cause.{case['cause']}"),
                            self.called(f"case.{case['state']}"))  # fmt: skip
            yield stack(first, space(3), words(head, ROOM, STRONG))
            yield from (self._act(act) for act in case["acts"])
            first = space(0)

    def _act(self, act: Told) -> Block:
        what = self.called(f"act.{act['act']}")
        ruling = act["detail"].get("ruling") if act["act"] == "decide" else None
        said = f"{self.called('ruling.' + ruling)}: {act['words']}" if ruling else act["words"]
        return beside((4, words(moment(act["at"]), 86, SMALL)), (92, words(f"{act['by']} {what}", 134, SMALL)),
                      (230, words(said, ROOM - 230, SMALL)))  # fmt: skip

    def exceptions(self, told: Told) -> Iterator[Block]:
        first = self._titled("exceptions")
        if not told["exceptions"]:
            yield stack(first, words(self.say("no_exceptions"), ROOM, SMALL))
        for each in told["exceptions"]:
            what = f"{self.called('type.' + each['type'])}: {self.say(each['exception'])}"
            yield stack(first, beside((4, words(moment(each["recorded_at"]), 86, SMALL)),
                                      (92, words(what, 220, SMALL)),
                                      (318, words(each["reason"] or "", ROOM - 318, SMALL))))  # fmt: skip
            first = space(0)

    def limits(self) -> Iterator[Block]:
        yield stack(self._titled("proves"), words(self.say("limits"), ROOM, SMALL))

    def _titled(self, key: str) -> Block:
        """In one block with what must not be torn from it."""
        return stack(space(10), words(self.say(key), ROOM, HEADING), space(2), line(ROOM, 0.6), space(3))


def _labelled(label: str, value: str, room: float) -> Block:
    return beside((0, stack(space(1.5), words(label, 84, LABEL))), (88, words(value, room - 88)))
