"""History from another system: a file is judged, what is wrong is shown row by row, and then it is recorded.

Recording goes on for some seconds at each call (`service.api.imports`); a script sends the form again until it is done,
and without one a person presses the button again.
"""

from typing import Any

from flask import request, url_for

from service.console.asking import Asking
from service.console.filling import Said, file_sent
from service.console.frame import Frame
from service.exchange.columns import KINDS
from service.exchange.sheets import FILE_LIMIT

AROUND = 10_000
"""Bytes of a form beside its file."""


def declare(frame: Frame) -> None:
    @frame.page("/imports")
    def imports(asking: Asking) -> Any:
        if not asking.may("upload_import"):
            asking.do("upload_import", b"", kind=KINDS[0])  # says who may
        return frame.shown(asking, "imports.html", kinds=KINDS)

    @frame.form("/imports", limit=FILE_LIMIT + AROUND)
    def upload(asking: Asking, said: Said) -> str:
        file = file_sent()
        made = asking.do("upload_import", file.content, kind=said.get("kind"), name=file.name)
        return url_for("console.imported", id=made["id"])

    @frame.page("/imports/<id>")
    def imported(asking: Asking, id: str) -> Any:
        found = asking.read("read_import", {"id": id}, after=request.args.get("after"), limit=100)
        return frame.shown(asking, "imported.html", found=found, going_on="go_on" in request.args)

    @frame.form("/imports/<id>/run")
    def run(asking: Asking, said: Said, id: str) -> str:
        done = asking.do("run_import", path={"id": id})["state"] == "done"
        return url_for("console.imported", id=id, **({"done": "done"} if done else {"go_on": "1"}))
