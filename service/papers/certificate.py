"""The certificate of destruction (销毁证明): what was destroyed, who approved it, who saw it, and where that is proven.

It prints the answer of `GET /movements/{id}/certificate` or of `GET /quarantine-cases/{id}/certificate`; the second
knows more of the decision. Its last part points to the proof: the statement's hash, also as a bar code, and for each
lot the entry in the log and the block that anchors it. As long as a record is not final, the paper says as of when;
from then on the same certificate is the same bytes.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from service.papers.blocks import (
    BODY,
    HEADING,
    LABEL,
    SMALL,
    STRONG,
    Block,
    Style,
    banded,
    beside,
    fact,
    fitted,
    framed,
    line,
    space,
    stack,
    symbol,
    words,
)
from service.papers.certificate_words import CAUSES, STATUSES, W
from service.papers.headings import heading
from service.papers.pages import ROOM, Section
from service.papers.pdf import printed
from service.papers.signatures import DATE, NAME, to_sign
from service.papers.symbols import plain
from service.papers.values import moment
from service.papers.words import Language

Told = Mapping[str, Any]
Row = tuple[tuple[float, str, float, Style], ...]

_COLUMN = Style(7, bold=True)
_AMOUNT = (Style(10, bold=True), Style(8, bold=True), Style(6.5, bold=True))
_CODE_SIDE, _BESIDE_CODE = 1.5, 62.0


def certificate_pdf(told: Told, origin: str, made_at: datetime, language: Language) -> bytes:
    """`told` as the interface answers it; `origin` is the log's name, `made_at` the moment of asking."""
    named = f"{W['title'].in_language(language)} {told['certificate']}"
    blocks = [
        *_head(told, language), *_goods(told, language), *_decision(told, language), *_approvals(told, language),
        *_witnesses(told, language), *_findings(told, language), *_files(told, language),
        *_proof(told, origin, made_at, language),
    ]  # fmt: skip
    running = stack(words(f"{named} · {told['party']['name']}", ROOM, STRONG), space(5), line(ROOM, 0.6), space(8))
    return printed(named, [Section(running, blocks)], named, language)


def _head(told: Told, language: Language) -> Iterator[Block]:
    title, number = (W[name].in_language(language) for name in ("title", "number"))
    yield from heading(title, number, told["certificate"])
    party, room, half = told["party"], ROOM / 2 - 24, ROOM / 2
    company = stack(words(W["company"].in_language(language), room, LABEL), words(party["name"], room, HEADING),
                    words(f"{party['id']} · {party['uri']}", room, SMALL), gap=1)  # fmt: skip
    happened = told.get("event_time") or told["destroyed_at"]
    facts = [("happened", happened.isoformat(" ", "minutes") if told.get("event_time") else moment(happened)),
             ("recorded", moment(told["destroyed_at"]))]  # fmt: skip
    times = stack(*(fact(W[name].in_language(language), value, room, STRONG) for name, value in facts), gap=2)
    yield framed(beside((0, company), (half, times)), ROOM)
    yield space(6)
    yield words(W["sentence"].in_language(language), ROOM)


def _goods(told: Told, language: Language) -> Iterator[Block]:
    count = len(told["goods"])
    lefts = (4.0, 26.0, 226.0, 322.0, 424.0)
    titles = [W[name].in_language(language) for name in ("no", "goods", "lot", "place", "quantity")]
    first = _titled(W["destroyed"].in_language(language), _columns(tuple(zip(lefts, titles, strict=True)), ROOM - 424))
    for number, row in enumerate(told["goods"], 1):
        item = stack(words(row["name"], 190, STRONG), words(row["item"], 190, SMALL), words(row["uri"], 190, SMALL))
        amount = stack(fitted(row["quantity"], ROOM - 428, *_AMOUNT, right=True),
                       words(row["unit"], ROOM - 428, SMALL, right=True))  # fmt: skip
        cells = beside((4, words(str(number), 18, SMALL)), (26, item), (226, fitted(row["lot"], 88, *_AMOUNT)),
                       (322, words(row["location"], 94, BODY)), (424, amount))  # fmt: skip
        yield stack(first, space(5), cells, space(5), line(ROOM, 0.4, 0.6))
        first = space(0)
    yield stack(space(4), words(W["end"].in_language(language).format(count), ROOM, SMALL))


def _decision(told: Told, language: Language) -> Iterator[Block]:
    """Why, and in a case by whom it was opened and decided."""
    def say(name: str) -> str:
        return W[name].in_language(language)

    facts = [("reason", told["reason"])] if told["reason"] else []
    if "decided_by" in told:
        cause = CAUSES[told["cause"]].in_language(language)
        facts += [("cause", f"{cause}: {told['words']}"),
                  ("opened", f"{told['opened_by']}, {moment(told['opened_at'])}"),
                  ("decided", f"{told['decided_by']}, {moment(told['decided_at'])}")]  # fmt: skip
    if told["case"]:
        facts.append(("case", str(told["case"])))
    first = _titled(say("decision"))
    for name, value in facts:
        yield stack(first, space(2), _labelled(say(name), value))
        first = space(0)


def _printed(approval: Told) -> str:
    """The printed name (21 CFR 11.50) with the code that stands in the ledger."""
    name = approval.get("name")
    return f"{name} ({approval['person']})" if name else str(approval["person"])


def _approvals(told: Told, language: Language) -> Iterator[Block]:
    given = told.get("approvals") or [{"person": person} for person in told["approved_by"]]
    first = _titled(W["approved"].in_language(language))
    for each in given:
        said = [(0.0, words(_printed(each), 140, STRONG))]
        if "meaning" in each:
            said += [(150, words(f"“{each['meaning']}”", 240)), (400, words(moment(each["at"]), ROOM - 400, SMALL))]
        yield stack(first, space(3), beside(*said))
        first = space(0)


def _witnesses(told: Told, language: Language) -> Iterator[Block]:
    """Each with a line to sign on; what the ledger holds is the id, what the paper adds is the hand."""
    first = _titled(W["witnessed"].in_language(language))
    for person in told["witnesses"]:
        yield stack(first, beside(
            (0, stack(space(12), words(person, 140, STRONG))), (150, to_sign(NAME.in_language(language), 190, 24)),
            (360, to_sign(DATE.in_language(language), ROOM - 360, 24)),
        ))  # fmt: skip
        first = space(0)


def _findings(told: Told, language: Language) -> Iterator[Block]:
    first = _titled(W["findings"].in_language(language))
    for each in told.get("findings", ()):
        yield stack(first, space(3), words(f"{each['by']}, {moment(each['at'])}", ROOM, SMALL))
        yield words(each["words"], ROOM)
        if each["measured"]:
            yield words(" · ".join(map(_measured, each["measured"])), ROOM)
        first = space(0)


def _measured(value: Told) -> str:
    return f"{value['name']}: {value['value']} {value.get('unit') or ''}".rstrip()


def _files(told: Told, language: Language) -> Iterator[Block]:
    first = _titled(W["files"].in_language(language))
    for each in told.get("attachments", ()):
        yield stack(first, space(3), words(f"{each['name']} ({each['content_type']}, {each['size']} B)", ROOM),
                    words(f"SHA-256 {each['sha256']}", ROOM, SMALL))  # fmt: skip
        first = space(0)


def _proof(told: Told, origin: str, made_at: datetime, language: Language) -> Iterator[Block]:
    def say(name: str) -> str:
        return W[name].in_language(language)

    first = _titled(say("proof"), space(3), words(say("check"), ROOM, SMALL), space(4))
    for (movement, statement), rows in groupby(told["goods"], key=lambda row: (row["movement"], row["statement"])):
        code = symbol(plain(f"ni:///sha-256;{statement}"), _CODE_SIDE)
        room = ROOM - _BESIDE_CODE
        facts = ((say("movement"), str(movement)), (say("statement"), statement), (say("log"), origin))
        shown = stack(*(_labelled(label, value, room) for label, value in facts))
        yield stack(first, beside((0, code), (_BESIDE_CODE, shown)), space(5), _entry_columns(language))
        yield from (_entry(row, language) for row in rows)
        first = space(10)
    settled = all(row["record_status"] == "final" for row in told["goods"])
    status = say("final") if settled else say("as_of").format(moment(made_at))
    yield stack(space(6), words(status, ROOM, STRONG), words(say("limits"), ROOM, SMALL), gap=1)


def _entry_columns(language: Language) -> Block:
    titles = [W[name].in_language(language) for name in ("lot_uri", "index", "status", "block", "anchored")]
    return _columns(tuple(zip((4.0, 226.0, 282.0, 372.0, 424.0), titles, strict=True)))


def _entry(row: Told, language: Language) -> Block:
    """A lot's own entry in the log."""
    status = STATUSES[row["record_status"]].in_language(language)
    index, block = ("–" if row[name] is None else str(row[name]) for name in ("index", "block"))
    anchored = moment(row["anchored_at"]) if row["anchored_at"] else "–"
    cells = beside((4, words(row["uri"], 216, SMALL)), (226, words(index, 52, SMALL)), (282, words(status, 86, SMALL)),
                   (372, words(block, 48, SMALL)), (424, words(anchored, ROOM - 424, SMALL)))  # fmt: skip
    return stack(space(3), cells, space(3), line(ROOM, 0.3, 0.75))


def _titled(title: str, *below: Block) -> Block:
    """The head of a part, in one block with what must not be torn from it."""
    return stack(space(10), words(title, ROOM, HEADING), space(2), line(ROOM, 0.6), *below)


def _columns(titles: Sequence[tuple[float, str]], last_right: float | None = None) -> Block:
    """Titles at their places; the last one to the right if it is above numbers."""
    *rest, (left, last) = titles
    end = words(last, ROOM - left - 4 if last_right is None else last_right - 4, _COLUMN, right=last_right is not None)
    return banded(beside(*((at, words(title, 90, _COLUMN)) for at, title in rest), (left, end)), ROOM)


def _labelled(label: str, value: str, room: float = ROOM) -> Block:
    return beside((0, stack(space(1.5), words(label, 88, LABEL))), (92, words(value, room - 92)))
