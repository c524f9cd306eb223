"""An answer on paper: what is JSON otherwise, as PDF where `format=pdf` asks for it."""

import re
from collections.abc import Callable
from typing import Any

from flask import Response

from service.api.exporting import language
from service.api.fields import Choice, Shape
from service.papers.words import Language

PDF = "application/pdf"
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


class Printed(Shape):
    """What every answer takes that is also a paper."""

    format = Choice("json", "pdf", load_default="json")
    lang = Choice("en", "zh", doc={"description": "Of the paper; else Accept-Language decides"})


def printed(query: dict[str, Any], shown: Any, named: str, write: Callable[[Language], bytes]) -> Any:
    """`shown`, or the paper as a file with `named` in its name."""
    if query["format"] == "json":
        return shown
    safe = _UNSAFE.sub("_", named)[:80]
    headers = {"Content-Disposition": f'attachment; filename="lotproof-{safe}.pdf"', "Vary": "Accept-Language"}
    return Response(write(language(query)), headers=headers, content_type=PDF)
