"""How machines get in, and to whom movements are told: API keys, OAuth clients, webhooks of one's own company.

A secret is shown on the page that made it and never again.
"""

import json
from typing import Any

from flask import request, url_for

from service.api.problem import Problem
from service.console.asking import Asking
from service.console.filling import Said, only
from service.console.frame import Frame
from service.domain.commands import COMMANDS
from service.sensors.notices import TYPE as SENSORS

Hook = dict[str, Any]


def declare(frame: Frame) -> None:
    @frame.page("/access")
    def access(asking: Asking) -> Any:
        return _shown(frame, asking)

    _keys(frame)
    _clients(frame)
    _hooks(frame)


def _keys(frame: Frame) -> None:
    @frame.form("/access/keys", signs=True)
    def make_key(asking: Asking, said: Said) -> Any:
        return _shown(frame, asking, secret=asking.do("make_api_key", only(said, "label"))["api_key"])

    @frame.form("/access/keys/<id>/rotate", signs=True)
    def rotate_key(asking: Asking, said: Said, id: str) -> Any:
        """Both are good for an hour."""
        return _shown(frame, asking, secret=asking.do("rotate_api_key", {}, {"id": id})["api_key"])

    @frame.form("/access/keys/<id>/revoke")
    def revoke_key(asking: Asking, said: Said, id: str) -> str:
        asking.do("revoke_api_key", path={"id": id})
        return url_for("console.access", done="ended_key")


def _clients(frame: Frame) -> None:
    @frame.form("/access/clients", signs=True)
    def make_client(asking: Asking, said: Said) -> str:
        try:
            jwk = json.loads(said.get("jwk", ""))
        except ValueError:
            raise Problem(422, "wrong-shape", "jwk: expected a public key as JSON", expected="a JWK") from None
        asking.do("add_client", {**only(said, "label", "person"), "jwk": jwk})
        return url_for("console.access", done="client")

    @frame.form("/access/clients/<id>/end")
    def end_machine(asking: Asking, said: Said, id: str) -> str:
        asking.do("end_client", path={"id": id})
        return url_for("console.access", done="ended_key")


def _hooks(frame: Frame) -> None:
    @frame.form("/access/webhooks")
    def make_hook(asking: Asking, said: Said) -> Any:
        types = [name for name in (*COMMANDS, SENSORS) if f"type-{name}" in said]
        body = {**only(said, "url"), **({"types": types} if types else {})}
        return _shown(frame, asking, secret=asking.do("add_webhook", body)["secret"])

    @frame.form("/access/webhooks/<id>/remove")
    def remove_hook(asking: Asking, said: Said, id: str) -> str:
        asking.do("remove_webhook", path={"id": id})
        return url_for("console.access", done="ended_key")

    @frame.page("/access/webhooks/<id>")
    def hook(asking: Asking, id: str) -> Any:
        found = asking.read("list_deliveries", {"id": id}, before=request.args.get("before"), limit=100)
        return frame.shown(asking, "hook.html", id=id, found=found)

    @frame.form("/access/webhooks/<id>/again")
    def tell_again(asking: Asking, said: Said, id: str) -> str:
        asking.do("redeliver", only(said, "movement"), {"id": id})
        return url_for("console.hook", id=id, done="again")


def _shown(frame: Frame, asking: Asking, secret: str | None = None) -> Any:
    """What somebody may not look at is left out."""
    return frame.shown(
        asking, "access.html", secret=secret, types=[*COMMANDS, SENSORS],
        api_keys=asking.read("list_api_keys")["api_keys"],
        clients=asking.read("list_clients")["clients"] if asking.may("list_clients") else [],
        hooks=asking.read("list_webhooks")["webhooks"] if asking.may("list_webhooks") else [],
    )  # fmt: skip
