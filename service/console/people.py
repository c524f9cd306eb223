"""People of the company: who is there with which roles, added, invited to sign in, sent away."""

from typing import Any

from flask import url_for

from service.console.asking import Asking
from service.console.frame import Frame
from service.domain.people import ROLES


def declare(frame: Frame) -> None:
    @frame.page("/people")
    def people(asking: Asking) -> Any:
        return _shown(frame, asking)

    @frame.form("/people/add", signs=True)
    def add_person(asking: Asking, said: dict[str, str]) -> str:
        grant: dict[str, str] = {"role": said.get("role", "")}
        if "site" in said:
            grant["site"] = said["site"]
        body: dict[str, Any] = {"roles": [grant], **{name: said[name] for name in ("code", "name") if name in said}}
        asking.do("add_person", body)
        return url_for("console.people", done="person")

    @frame.form("/people/<code>/invite", signs=True)
    def invite(asking: Asking, said: dict[str, str], code: str) -> Any:
        """The link is shown here and never again."""
        made = asking.do("invite_person", {"reason": "invited at the console"}, {"code": code})
        return _shown(frame, asking, invited=made)

    @frame.form("/people/<code>/end", signs=True)
    def end_person(asking: Asking, said: dict[str, str], code: str) -> str:
        asking.do("change_person", {"active": False, "reason": said.get("reason", "")}, {"code": code})
        return url_for("console.people", done="ended")


def _shown(frame: Frame, asking: Asking, invited: dict[str, Any] | None = None) -> Any:
    found = asking.read("list_people", limit=1000)["people"]
    sites = asking.read("list_sites")["sites"]
    return frame.shown(asking, "people.html", people=found, sites=sites, roles=ROLES, invited=invited)
