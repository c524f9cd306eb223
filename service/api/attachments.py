"""Files of quarantine cases: up to 20 MB each, kept by their hash, checked when they are read."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import UUID

from flask import Response, request

from service.api import case_schemas as shapes
from service.api.cases import changed
from service.api.door import Door, Upload
from service.api.fields import Text, Uuid
from service.api.house import House
from service.api.problem import Problem, not_found, shown, try_later
from service.auth.keys import Caller
from service.cases import files, reading
from service.cases.reviewing import attach

FILE = Upload(files.MOST_BYTES)
_TYPE = re.compile(r"[a-z]+/[a-z0-9][a-z0-9.+-]{0,80}", re.ASCII)
_HASH = Text(64, pattern="[0-9a-f]{64}", called="a SHA-256 in 64 lower-case hex digits")


def door(house: House) -> Door:
    attachments = house.door("attachments", "Photos and reports of quarantine cases; their hashes enter the ledger")

    @attachments.operation(
        "POST", "/quarantine-cases/<id>/attachments", roles=("party",), path={"id": Uuid()},
        query=shapes.AttachmentQuery, body=FILE, problems=(409, 413, 415), answers={200: shapes.Case},
    )  # fmt: skip
    def add_attachment(caller: Caller, id: UUID, query: dict[str, Any], body: bytes) -> Any:
        """Attach a file to a case

        The body is the file, its Content-Type is kept (`content_type`, if the request's own says something else). The
        same file sent again changes nothing. After a decision a new file reopens the review.
        """
        media_type = query.get("content_type", request.mimetype)
        if not _TYPE.fullmatch(media_type):
            raise Problem(415, "no-type", f"expected a Content-Type such as image/jpeg, got {shown(media_type)}",
                          expected="type/subtype", seen=shown(media_type))
        if not body:
            raise Problem(422, "empty-file", "expected a file, got no bytes", expected="1 byte or more", seen=0)
        with house.engine.connect() as connection:
            if reading.shown(connection, caller.party_id or 0, id) is None:
                raise not_found("case", str(id))
        name = files.keep(_folder(house), body)
        file = {"sha256": name, "name": query["name"], "content_type": media_type, "size": len(body)}
        return changed(house, caller, id, lambda desk, case: attach(desk, case, query["by"], file))

    @attachments.operation(
        "GET", "/attachments/<id>", roles=("party",), path={"id": _HASH}, problems=(409,),
        answers={200: "application/octet-stream"},
    )  # fmt: skip
    def read_attachment(caller: Caller, id: str) -> Response:
        """A file, by its SHA-256

        Its hash is checked before it is sent: 409 if the file is not what was attached.
        """
        assert caller.party_id is not None
        with house.engine.connect() as connection:
            found = reading.attachment(connection, caller.party_id, id)
        if found is None:
            raise not_found("attachment", id)
        try:
            content = files.read(_folder(house), id)
        except files.Altered as altered:
            raise _altered(altered) from None
        answer = Response(content, content_type=found.detail["content_type"])
        answer.headers.set("Content-Disposition", "attachment", **_named(found.detail["name"]))
        return answer

    return attachments


def _folder(house: House) -> Path:
    folder = house.settings.attachments_dir
    if folder is None:
        raise try_later("no-folder", "no folder for attachments is set (LOTPROOF_ATTACHMENTS_DIR)", 3600)
    return Path(folder)


def _altered(altered: files.Altered) -> Problem:
    seen = altered.seen or "no file"
    return Problem(409, "attachment-altered", f"the file of {altered.expected} is not what was attached: {seen}",
                   expected=altered.expected, seen=seen)


def _named(name: str) -> dict[str, str]:
    """As RFC 6266 wants it: a header is ASCII, and a name that is not stands beside what is left of it."""
    if name.isascii():
        return {"filename": name}
    plain = name.encode("ascii", "replace").decode().replace("?", "_")
    return {"filename": plain, "filename*": f"UTF-8''{quote(name, safe='')}"}
