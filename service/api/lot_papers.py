"""The history of a lot on paper: each print is numbered, and its code leads to a page that says whether it holds."""

from hashlib import sha256
from typing import Any

from flask import Response
from sqlalchemy import Row

from service.api import exporting
from service.api.door import Door, body_of
from service.api.exporting import language
from service.api.fields import Choice, Instant, Many, One, Shape, Text, Uri, Uuid, WholeInQuery
from service.api.house import House
from service.api.printing import PDF
from service.api.problem import Problem, not_found
from service.api.schemas import number, text
from service.auth.keys import Caller
from service.domain.signing import as_shown
from service.papers.lot_paper import Head, lot_paper_pdf
from service.prints import lot_paper, papers
from service.prints.papers import Printed

MOST_MOVEMENTS = 2_000


class NewLotPaper(Shape):
    id = Uuid(required=True, doc={"description": "Drawn at random: whoever knows it may look at the print's page"})
    lot = Uri(required=True)
    lang = Choice("en", "zh", doc={"description": "Of the paper; else Accept-Language decides"})


class LotPaper(Shape):
    id = Uuid(required=True)
    copy = number()
    language = Choice("en", "zh", required=True)
    hash = Text(64, required=True, doc={"description": "SHA-256 of what the paper says, hexadecimal"})
    file_hash = Text(64, required=True, doc={"description": "SHA-256 of the PDF, hexadecimal"})
    printed_by = text(200)
    printed_at = Instant(required=True)
    page = text(200)


class LotPapers(Shape):
    papers = Many(One(LotPaper), 0, 1000, required=True)


class LotPaperQuery(Shape):
    lot = Uri(required=True)
    limit = WholeInQuery(1, 1000, load_default=100)


def door(house: House) -> Door:
    made = house.door("lot-papers", "The history of a lot on paper")

    @made.operation("POST", "/lot-papers", roles=("party",), body=body_of(NewLotPaper), problems=(404, 409),
                    answers={201: PDF})  # fmt: skip
    def print_lot_paper(caller: Caller, body: dict[str, Any]) -> Any:
        """Print the history of a lot, as a PDF

        Identity, how the goods stand, every movement with its record, family, quality decisions, exceptions, and what
        this proves. A code on it leads to a page that says whether anything changed since. The file is given once: its
        words are not kept, as they may have to be erased. Another copy has another number.
        """
        assert caller.party_id is not None
        with house.engine.begin() as connection:
            copy = papers.next_copy(connection, caller.party_id, body["lot"], body["id"])
            file, printed = _made(house, caller, body, copy)
            papers.keep(connection, caller.party_id, caller.actor, house.now(), printed)
        headers = {"Content-Disposition": f'attachment; filename="lotproof-lot-{body["id"]}.pdf"'}
        return Response(file, 201, headers=headers, content_type=PDF)

    @made.operation("GET", "/lot-papers", roles=("party",), query=LotPaperQuery, answers={200: LotPapers})
    def list_lot_papers(caller: Caller, query: dict[str, Any]) -> Any:
        """Prints of a lot's history, the newest first"""
        assert caller.party_id is not None
        with house.engine.connect() as connection:
            found = papers.listed(connection, caller.party_id, query["lot"], query["limit"])
        return {"papers": [_row(row, house) for row in found]}

    return made


def _made(house: House, caller: Caller, body: dict[str, Any], copy: int) -> tuple[bytes, Printed]:
    assert caller.party_id is not None
    now, lang = house.now(), language(body)
    with exporting.snapshot(house) as connection:
        told = lot_paper.content(connection, caller.party_id, body["lot"], now, house.origin)
    if told is None:
        raise not_found("lot", body["lot"])
    if (count := len(told["history"])) > MOST_MOVEMENTS:
        detail = f"expected a lot of at most {MOST_MOVEMENTS} movements, got {count}; take the history as XLSX"
        raise Problem(409, "too-long-for-paper", detail, expected=MOST_MOVEMENTS, seen=count)
    content_hash = sha256(as_shown(told)).digest()
    head = Head(f"{house.settings.public_url}/print/{body['id']}", copy, papers.brief(content_hash), caller.actor)
    file = lot_paper_pdf(told, head, lang)
    made = Printed(body["id"], body["lot"], copy, lang, lot_paper.facts(told), content_hash, sha256(file).digest())
    return file, made


def _row(row: Row[Any], house: House) -> dict[str, Any]:
    return {
        "id": row.id, "copy": row.copy, "language": row.language, "hash": row.content_hash.hex(),
        "file_hash": row.file_hash.hex(), "printed_by": row.printed_by, "printed_at": row.printed_at,
        "page": f"{house.settings.public_url}/print/{row.id}",
    }  # fmt: skip
