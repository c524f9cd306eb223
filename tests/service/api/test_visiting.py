"""The pages on which people sign in, used as a browser without scripts uses them, in both languages."""

import re
from html.parser import HTMLParser
from typing import Any

import pytest
import zxingcpp
from flask import Flask
from PIL import Image
from sqlalchemy import Engine
from werkzeug.test import TestResponse

from service.web import words
from tests.service.api.conftest import Caller
from tests.service.api.signing_in import OTHER, PASSWORD, URL, Screen, at_work, clerk, invited, secret_of
from tests.service.api.test_tries import grown

FORM_COOKIE = "__Host-lotproof-form"


class Page(HTMLParser):
    """What stands on a page: forms with their fields, labels, and everything that a browser would fetch."""

    def __init__(self, answer: TestResponse) -> None:
        super().__init__()
        self.text = answer.get_data(as_text=True)
        self.forms: list[dict[str, Any]] = []
        self.inputs: list[dict[str, str]] = []
        self.labels: set[str] = set()
        self.ids: set[str] = set()
        self.tags: set[str] = set()
        self.feed(self.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.tags.add(tag)
        self.ids.add(values.get("id", ""))
        if tag == "form":
            self.forms.append({"action": values.get("action", ""), "fields": {}})
        elif tag == "label":
            self.labels.add(values["for"])
        elif tag == "input":
            self.inputs.append(values)
            self.forms[-1]["fields"][values["name"]] = values.get("value", "")


def go(screen: Screen, path: str, **headers: str) -> TestResponse:
    return screen.client.get(path, base_url=URL, headers=headers, environ_base={"REMOTE_ADDR": screen.address})


def submit(screen: Screen, path: str, form: int = 0, **fields: str) -> TestResponse:
    """Fill in the form of a page, and send it as a browser does."""
    asked = Page(go(screen, path)).forms[form]
    return send(screen, asked["action"] or path, {**asked["fields"], **fields})


def send(screen: Screen, path: str, fields: dict[str, str], **headers: str) -> TestResponse:
    ours = {"Origin": URL, "Sec-Fetch-Site": "same-origin"}
    return screen.client.post(path, base_url=URL, data=fields, headers={**ours, **headers},
                              environ_base={"REMOTE_ADDR": screen.address})  # fmt: skip


def said(answer: TestResponse, word: str, language: str = "en") -> bool:
    """Whether this word stands on the page."""
    from markupsafe import escape

    return str(escape(words.CATALOGUES[language][word])) in answer.get_data(as_text=True)


def newcomer(app: Flask, maker: Caller, *roles: str) -> tuple[Screen, str]:
    """Somebody with an invitation's link."""
    code, secret = invited(maker, *roles)
    return Screen(app.test_client(), "203.0.113.9", maker.party, code), f"/invitation/{secret}"


def decoded(page: str) -> str:
    """What a telephone reads of the QR code on the page: its path drawn, square by square."""
    svg = re.search(r"<svg.*?</svg>", page, re.DOTALL)
    assert svg is not None
    size = int(re.search(r'width="(\d+)"', svg[0])[1])  # type: ignore[index]
    picture = Image.new("L", (size, size), 255)
    for x, y, wide, high in re.findall(r"M(\d+) (\d+)h(\d+)v(\d+)h-\d+Z", svg[0]):
        picture.paste(0, (int(x), int(y), int(x) + int(wide), int(y) + int(high)))
    seen = zxingcpp.read_barcode(picture.resize((size * 8, size * 8), Image.Resampling.NEAREST))
    assert seen is not None
    return str(seen.text)


def test_from_the_invitation_to_work_and_out_without_a_script(app: Flask, maker: Caller) -> None:
    screen, link = newcomer(app, maker, "quality")
    assert submit(screen, link, password=PASSWORD, again=PASSWORD).status_code == 200
    answer = submit(screen, "/sign-in", party=screen.party, person=screen.person, password=PASSWORD)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/me")
    assert go(screen, "/me").headers["Location"] == "/sign-in/enrol"
    page = submit(screen, "/sign-in/enrol")
    uri = decoded(page.get_data(as_text=True))
    screen.secret = secret_of(uri)
    assert screen.secret in page.get_data(as_text=True)
    begun = Page(page).forms[0]
    done = send(screen, begun["action"], {**begun["fields"], "code": screen.code()})
    assert len(re.findall(r"<li><code>[a-z2-7]{4}(-[a-z2-7]{4}){3}</code>", done.get_data(as_text=True))) == 10
    me = go(screen, "/me")
    assert me.status_code == 200 and screen.person in me.get_data(as_text=True) and screen.get("/items")
    assert said(submit(screen, "/me", 0), "me_signed_out")
    assert go(screen, "/me").headers["Location"] == "/sign-in"
    submit(screen, "/sign-in", party=screen.party, person=screen.person, password=PASSWORD)
    assert go(screen, "/me").headers["Location"] == "/sign-in/code"
    wrong = submit(screen, "/sign-in/code", code="000000")
    assert wrong.status_code == 401 and said(wrong, "wrong")
    assert submit(screen, "/sign-in/code", code=screen.code()).status_code == 303
    assert screen.get("/session")["method"] == "password+totp"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_pages_speak_both_languages_and_keep_to_the_one_chosen(app: Flask, maker: Caller, language: str) -> None:
    screen, link = newcomer(app, maker, "operator")
    assert said(go(screen, f"{link}?lang={language}"), "invited_title", language)
    assert said(go(screen, f"/sign-in?lang={language}"), "sign_in_lead", language)
    done = submit(screen, f"{link}?lang={language}", password=PASSWORD, again=PASSWORD)
    assert said(done, "invited_done", language)
    wrong = submit(screen, f"/sign-in?lang={language}", party="x", person="y", password="z")
    assert said(wrong, "wrong", language)
    right = submit(screen, f"/sign-in?lang={language}", party=screen.party, person=screen.person, password=PASSWORD)
    assert right.headers["Location"] == f"/me?lang={language}"
    assert said(go(screen, f"/me?lang={language}"), "me_sessions", language)


@pytest.fixture(scope="module")
def shown(app: Flask, maker: Caller) -> dict[str, TestResponse]:
    """Every page that there is, also with something wrong on it."""
    newcomer_, link = newcomer(app, maker, "operator")
    fresh, waiting, at_home = Screen(app.test_client()), at_work(app, maker, "quality"), at_work(app, maker, "operator")
    must = clerk(app, maker, "quality")
    must.sign_in()
    waiting.sign_in()
    begun = submit(at_home, "/sign-in/enrol")
    form = Page(begun).forms[0]
    return {
        "sign in": go(fresh, "/sign-in"), "second factor": go(waiting, "/sign-in/code"),
        "invitation": go(newcomer_, link), "enrol": go(must, "/sign-in/enrol"), "qr": begun, "me": go(at_home, "/me"),
        "wrong": submit(fresh, "/sign-in", party="a", person="b", password="c"),
        "not the same": submit(newcomer_, link, password=PASSWORD, again=OTHER),
        "weak": submit(newcomer_, link, password="password1234", again="password1234"),
        "wrong code": send(at_home, form["action"], {**form["fields"], "code": "000000"}),
        "over": go(fresh, "/invitation/nothing"), "away": go(fresh, "/oidc/callback"),
    }  # fmt: skip


PAGES = ("sign in", "second factor", "invitation", "enrol", "qr", "me", "wrong", "not the same", "weak", "wrong code",
         "over", "away")  # fmt: skip


@pytest.mark.parametrize("name", PAGES)
def test_every_page_keeps_the_strict_policy_and_is_kept_by_nobody(name: str, shown: dict[str, TestResponse]) -> None:
    answer, page = shown[name], Page(shown[name])
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "form-action 'self'" in policy and "script" not in policy
    assert answer.headers["Cache-Control"] == "no-store" and answer.headers["Referrer-Policy"] == "same-origin"
    assert "script" not in page.tags and not re.search(r"\s(style|on[a-z]+)=", page.text)
    assert not re.search(r'(src|href|action)="(https?:)?//', page.text)
    assert f"{FORM_COOKIE}=" in answer.headers["Set-Cookie"] and "HttpOnly" in answer.headers["Set-Cookie"]


@pytest.mark.parametrize("name", PAGES)
def test_every_field_has_a_label_what_it_is_for_and_its_error(name: str, shown: dict[str, TestResponse]) -> None:
    page = Page(shown[name])
    for field in page.inputs:
        if field.get("type") == "hidden":
            continue
        assert field["id"] in page.labels and field["autocomplete"] and "required" in field
        described = field.get("aria-describedby", "").split()
        assert set(described) <= page.ids
        if name in ("wrong", "not the same", "weak", "wrong code"):
            assert "said" in described and field["aria-invalid"] == "true"
        assert field["type"] != "password" or not field.get("value")
    assert all("csrf" in form["fields"] for form in page.forms)
    assert "html" in page.tags and 'lang="en"' in page.text and "<h1>" in page.text


STATUSES = {"wrong": 401, "not the same": 422, "weak": 422, "wrong code": 401, "over": 404, "away": 401}


@pytest.mark.parametrize("name", STATUSES)
def test_what_went_wrong_has_its_status(name: str, shown: dict[str, TestResponse]) -> None:
    assert shown[name].status_code == STATUSES[name] and shown[name].mimetype == "text/html"


FOREIGN = {
    "another origin": ({}, {"Origin": "https://evil.example"}),
    "from another site": ({}, {"Sec-Fetch-Site": "cross-site"}),
    "from a sibling": ({}, {"Sec-Fetch-Site": "same-site"}),
    "a sandboxed frame": ({}, {"Origin": "null", "Sec-Fetch-Site": "cross-site"}),
    "no token": ({"csrf": ""}, {}),
    "another token": ({"csrf": "x" * 43}, {}),
    "a token that is no text": ({"csrf": "ü"}, {}),
}


@pytest.mark.parametrize("lie", FOREIGN)
def test_a_form_from_elsewhere_does_nothing(app: Flask, maker: Caller, lie: str) -> None:
    fields, headers = FOREIGN[lie]
    screen = at_work(app, maker, "operator")
    for path in ("/me/sign-out", "/me/end", "/sign-in/enrol/begin"):
        asked = Page(go(screen, "/me")).forms[0]["fields"]
        assert send(screen, path, {**asked, **fields}, **headers).status_code == 403, path
    assert screen.get("/session")
    newcomer_, link = newcomer(app, maker, "operator")
    asked = Page(go(newcomer_, link)).forms[0]["fields"] | {"password": PASSWORD, "again": PASSWORD}
    assert send(newcomer_, link, {**asked, **fields}, **headers).status_code == 403
    victim = clerk(app, maker, "operator")  # signed in as the attacker, a victim would work for him
    asked = Page(go(victim, "/sign-in")).forms[0]["fields"]
    asked |= {"party": victim.party, "person": victim.person, "password": PASSWORD}
    assert send(victim, "/sign-in", {**asked, **fields}, **headers).status_code == 403


def test_the_token_of_another_browser_is_none(app: Flask, maker: Caller) -> None:
    mine, other = at_work(app, maker, "operator"), Screen(app.test_client())
    theirs = Page(go(other, "/sign-in")).forms[0]["fields"]
    assert send(mine, "/me/sign-out", theirs).status_code == 403


def test_nothing_is_cleared_while_something_is_unsent_and_everything_else_is(app: Flask, maker: Caller) -> None:
    """The session ends all the same: on a shared device somebody else's work must not keep anybody signed in."""
    for unsent, clears in (("2", False), ("0", True), ("many", True)):
        screen = at_work(app, maker, "operator")
        asked = Page(go(screen, "/me")).forms[0]["fields"]
        screen.client.set_cookie("lotproof-unsent", unsent, domain=URL.partition("//")[2])
        left = send(screen, "/me/sign-out", asked)
        if not clears:
            assert left.status_code == 409 and "Clear-Site-Data" not in left.headers and screen.get("/session")
            left = send(screen, "/me/sign-out", asked | {"anyway": "1"})
        assert left.status_code == 200 and ("Clear-Site-Data" in left.headers) == clears
        assert screen.send("GET", "/session").status_code == 401


def test_an_old_browser_that_says_only_the_origin_may_sign_in(app: Flask, maker: Caller) -> None:
    screen = clerk(app, maker, "operator")
    asked = Page(go(screen, "/sign-in")).forms[0]["fields"]
    asked |= {"party": screen.party, "person": screen.person, "password": PASSWORD}
    for headers, status in (({}, 403), ({"Origin": URL}, 303)):
        assert screen.client.post("/sign-in", base_url=URL, data=asked, headers=headers).status_code == status


def test_sessions_are_ended_one_by_one_or_all(app: Flask, maker: Caller) -> None:
    screen = at_work(app, maker, "operator")
    other = Screen(app.test_client(), party=screen.party, person=screen.person)
    other.sign_in()
    page = Page(go(screen, "/me"))
    one = next(form for form in page.forms if "id" in form["fields"])
    assert send(screen, one["action"], one["fields"]).status_code == 303
    assert other.send("GET", "/session").status_code == 401 and screen.get("/session")
    stranger = at_work(app, maker, "operator")
    for id in (stranger.get("/session")["id"], "x", "0" * 32):
        assert send(screen, one["action"], {**one["fields"], "id": id}).status_code == 303
    assert stranger.get("/session") and screen.get("/session")
    everything = page.forms[-1]
    assert send(screen, everything["action"], everything["fields"]).status_code == 303
    assert screen.send("GET", "/session").status_code == 401


def test_what_was_typed_is_shown_escaped_and_secrets_never(app: Flask) -> None:
    screen = Screen(app.test_client(), "203.0.113.50")
    bad = '"><script>alert(1)</script>'
    answer = submit(screen, "/sign-in", party=bad, person="<b>x", password="hunter2-hunter2")
    page = answer.get_data(as_text=True)
    assert "<script" not in page and "<b>x" not in page and "hunter2" not in page


@pytest.mark.parametrize(
    "fields", [{}, {"party": "x" * 5000}, {"party": "\0", "person": "\0", "password": "\0"}, {"password": "ü" * 1024},
               {"party": "\ufffe", "person": "‮", "password": "\n"}]
)  # fmt: skip
def test_strange_forms_get_an_answer(app: Flask, fields: dict[str, str]) -> None:
    screen = Screen(app.test_client(), "203.0.113.51")
    asked = Page(go(screen, "/sign-in")).forms[0]["fields"]
    assert send(screen, "/sign-in", {**asked, **fields}).status_code in (401, 422)


def test_who_waits_learns_how_long(app: Flask, owner: Engine, maker: Caller) -> None:
    screen = Screen(app.test_client(), "203.0.113.52", maker.party, "p-nobody")
    fields = {"party": screen.party, "person": screen.person, "password": OTHER}
    assert [submit(screen, "/sign-in", **fields).status_code for _ in range(5)] == [401] * 5
    grown(owner)
    told = submit(screen, "/sign-in", **fields)
    assert told.status_code == 429 and told.headers["Retry-After"] and said(told, "oops_wait")


def test_the_page_of_an_invitation_offers_the_companys_own_sign_in(app: Flask, maker: Caller) -> None:
    body = {"label": "Acme <ID>", "issuer": "https://id.acme.example", "client_id": "x", "client_secret": "x"}
    added = maker.post("/oidc-providers", body)
    screen, link = newcomer(app, maker, "operator")
    page = go(screen, link).get_data(as_text=True)
    assert f"/oidc/{added['id']}?invitation=lpi_" in page and "Acme &lt;ID&gt;" in page
    maker.send("DELETE", f"/oidc-providers/{added['id']}")
    assert added["id"] not in go(screen, link).get_data(as_text=True)


def test_who_comes_from_the_console_goes_on_with_the_second_factor_and_back(app: Flask, maker: Caller) -> None:
    screen = clerk(app, maker, "supervisor", address="203.0.113.77")
    who = {"party": screen.party, "person": screen.person, "password": PASSWORD}

    def signed_in() -> str:
        """Where the console's own redirects lead, after the password."""
        asked = go(screen, "/console/lots").headers["Location"]
        assert asked == "/sign-in?next=/console/lots"
        back = submit(screen, asked, **who).headers["Location"]
        again = go(screen, back).headers["Location"]
        return str(go(screen, again).headers["Location"])

    assert signed_in() == "/sign-in/enrol?next=/console/lots"
    screen.enrol()
    screen.send("DELETE", "/session")
    where = signed_in()
    assert where == "/sign-in/code?next=/console/lots"
    done = submit(screen, where, code=screen.code())
    assert (done.status_code, done.headers["Location"]) == (303, "/console/lots")
    assert go(screen, "/console/lots").status_code == 200
