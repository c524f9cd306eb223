"""A report over HTTP: rows as JSON, page by page, or the whole of it as a file."""

from collections.abc import Iterable, Sequence
from typing import Any

from flask import Response, request
from sqlalchemy import Connection

from service.api.house import House
from service.api.problem import Problem
from service.auth.keys import Caller
from service.papers.words import Language, Words
from service.reports import export
from service.reports.export import Format, Paper
from service.reports.pdf_file import MOST_ROWS, TooManyRows
from service.reports.report import Asked, Column, Report, Row

FILES = tuple(media.split(";")[0] for media in export.MEDIA_TYPES.values())


def answered(house: House, caller: Caller, report: Report, query: dict[str, Any]) -> Any:
    """The page as `rows` and `next`, or the file."""
    assert caller.party_id is not None
    form, page = query["format"], query["format"] == "json"
    asked = Asked(caller.party_id, house.now(), house.origin, query, query.get("after") if page else None,
                  query["limit"] if page else None)
    with snapshot(house) as connection:
        if page:
            return _page(report, list(report.rows(connection, asked)), query["limit"])
        paper = paper_of(report.title, language(query), caller, asked.now, query)
        return file_of(form, report.name, report.columns, report.rows(connection, asked), query, paper)


def snapshot(house: House) -> Connection:
    """One moment for all queries of an answer."""
    return house.engine.connect().execution_options(isolation_level="REPEATABLE READ")


def file_of(
    form: Format, name: str, columns: Sequence[Column], rows: Iterable[Row], query: dict[str, Any], paper: Paper
) -> Response:
    """Raises Problem 422 where a PDF would be too long."""
    try:
        file = export.written(form, columns, rows, language(query), paper)
    except TooManyRows:
        detail = f"expected at most {MOST_ROWS} rows in a PDF, got more; ask for csv or xlsx, or for less"
        raise Problem(422, "too-many-rows", detail, expected=MOST_ROWS) from None
    named = f'attachment; filename="lotproof-{name}-{paper.made_at:%Y-%m-%d}.{form}"'
    headers = {"Content-Disposition": named, "Content-Length": str(file.seek(0, 2)), "Vary": "Accept-Language"}
    file.seek(0)
    return Response(export.pieces(file), headers=headers, content_type=export.MEDIA_TYPES[form])


def paper_of(title: Words, lang: Language, caller: Caller, now: Any, query: dict[str, Any]) -> Paper:
    shown = {name: value for name, value in query.items() if name not in ("format", "lang", "limit", "after")}
    said = ", ".join(f"{name} {value}" for name, value in shown.items())
    return Paper(title.in_language(lang), f"{caller.party or caller.role}{' · ' if said else ''}{said}", now)


def language(query: dict[str, Any]) -> Language:
    """`lang` if it is given, else the first of what the reader accepts that is one of the two."""
    if "lang" in query:
        return "zh" if query["lang"] == "zh" else "en"
    for accepted, _ in request.accept_languages:
        if (short := accepted.lower()[:2]) in ("en", "zh"):
            return "zh" if short == "zh" else "en"
    return "en"


def _page(report: Report, rows: list[Row], limit: int) -> dict[str, Any]:
    keys = {row[report.key] for row in rows}
    return {"rows": rows, "next": rows[-1][report.key] if len(keys) == limit else None}


