"""The quarantine board, and a case from its opening to its signatures."""

from typing import Any

from service.console.asking import Asking
from service.console.frame import Frame

COLUMNS = ("open", "under_review", "decided")


def declare(frame: Frame) -> None:
    @frame.page("/quality")
    def quality(asking: Asking) -> Any:
        columns = [(state, asking.read("list_cases", state=state, limit=100)["cases"]) for state in COLUMNS]
        return frame.shown(asking, "quality.html", columns=columns)

    @frame.page("/cases/<id>")
    def case(asking: Asking, id: str) -> Any:
        found = asking.read("read_case", {"id": id})
        signed = asking.read("list_signatures", subject="case", id=id)["signatures"]
        return frame.shown(asking, "case.html", case=found, signed=signed)
