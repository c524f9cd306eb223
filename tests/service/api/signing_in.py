"""People at a screen: a browser with a cookie, as the console will be one."""

from dataclasses import dataclass, field
from time import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pyotp
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from service.signin.factors import STEP
from tests.service.api.conftest import Caller

URL = "https://log.example.com"
OURS = {"Origin": URL, "Lotproof-Session": "1"}
PASSWORD = "correct horse battery"
OTHER = "another staple entirely"


@dataclass(slots=True)
class Screen:
    """A browser of its own, at an address of its own."""

    client: FlaskClient
    address: str = "198.51.100.1"
    party: str = ""
    person: str = ""
    secret: str = ""
    step: int = field(default=0)

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> TestResponse:
        extra = {"json": body} if body is not None else {}
        return self.client.open(
            "/api/v1" + path, method=method, headers={**OURS, **headers}, base_url=URL,
            environ_base={"REMOTE_ADDR": self.address}, **extra,
        )  # fmt: skip

    def get(self, path: str) -> Any:
        answer = self.send("GET", path)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return answer.get_json()

    def post(self, path: str, body: Any, expect: int = 201) -> Any:
        answer = self.send("POST", path, body)
        assert answer.status_code == expect, answer.get_data(as_text=True)
        return answer.get_json()

    def sign_in(self, expect: int = 201, **changes: str) -> Any:
        said = {"party": self.party, "person": self.person, "password": PASSWORD} | changes
        return self.post("/session", said, expect)

    def enrol(self) -> list[str]:
        uri = self.post("/session/second-factor", None)["uri"]
        self.secret = secret_of(uri)
        return list(self.post("/session/second-factor/confirm", {"code": self.code()}, 200)["recovery_codes"])

    def code(self) -> str:
        """The next that counts: of a step that no test used, which may be a little ahead of the clock."""
        self.step = max(self.step + 1, int(time()) // STEP - 1)
        return pyotp.TOTP(self.secret).generate_otp(self.step)

    def prove(self, expect: int = 200) -> Any:
        body = {"password": PASSWORD} | ({"code": self.code()} if self.secret else {})
        return self.post("/session/prove", body, expect)


def secret_of(uri: str) -> str:
    """What an authenticator app takes from an otpauth URI."""
    return parse_qs(urlsplit(uri).query)["secret"][0]


def slug(answer: TestResponse) -> str:
    """Which problem it is."""
    return str(answer.get_json()["type"]).removeprefix("urn:lotproof:problem:")


def invited(company: Caller, *roles: str, code: str | None = None) -> tuple[str, str]:
    """A new person's code and the secret of the invitation."""
    named = {"code": code} if code else {}
    made = company.post("/people", {"roles": [{"role": role} for role in roles], **named})["code"]
    return made, company.post(f"/people/{made}/invitations", {})["secret"]


def clerk(app: Flask, company: Caller, *roles: str, address: str = "198.51.100.1") -> Screen:
    """A person with a password, not signed in, at a screen."""
    code, secret = invited(company, *roles)
    screen = Screen(app.test_client(), address, company.party, code)
    screen.post("/invitations/accept", {"secret": secret, "password": PASSWORD}, 200)
    return screen


def at_work(app: Flask, company: Caller, *roles: str, address: str = "198.51.100.1") -> Screen:
    """The same, signed in and with whatever second factor is demanded."""
    screen = clerk(app, company, *roles, address=address)
    if screen.sign_in()["stage"] == "enrol":
        screen.enrol()
    return screen
