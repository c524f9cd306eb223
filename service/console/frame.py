"""What all pages share: who is in, in which language, what stands around a page, and how a refusal looks."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, g, make_response, redirect, render_template, request, url_for
from markupsafe import Markup, escape
from werkzeug.wrappers import Response as Answer

from service.api.errors import domain_problem
from service.api.house import House
from service.api.problem import Problem
from service.api.session import address
from service.auth.keys import Caller, secret_hash
from service.auth.proving import prove_yourself
from service.console.asking import Asking, Operations
from service.console.cards import labelled
from service.console.clock import zone_of
from service.console.navigation import grouped
from service.console.refused import finding_in_words, in_words, phrase, refusal
from service.console.shown import FILTERS
from service.console.words import DONE, LANGUAGES, Language, W
from service.domain.errors import DomainError
from service.papers.spoken import places
from service.web.forms import keep, secret_of, sent, token
from service.web.visitor import here

PREFIX = "/console"
COOKIE = "lotproof-language"
FLOOR = "service.console.floor"
MOST_FIELDS = 20_000
_YEAR = 365 * 24 * 3600
CSP = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'self'; connect-src 'self';"
    " base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
)

# label, endpoint, the operation that a page stands on
NAVIGATION = (
    ("nav.dashboard", "console.dashboard", "read_overview"),
    ("nav.scan", "console.scan", "scan_code"),
    ("nav.figures", "console.figures", "read_figures"),
    ("nav.lots", "console.lots", "list_lots"),
    ("nav.quality", "console.quality", "list_cases"),
    ("nav.expiry", "console.expiry", "report_expiry"),
    ("nav.sensors", "console.sensors", "list_sensors"),
    ("nav.handoffs", "console.handoffs", "list_handoffs"),
    ("nav.recalls", "console.recalls", "list_recalls"),
    ("nav.people", "console.people", "list_people"),
    ("nav.trail", "console.trail", "list_changes"),
    ("nav.ledger", "console.ledger", "list_lots"),
    ("nav.orders", "console.orders", "list_all_orders"),
    ("nav.counts", "console.counts", "list_counts"),
    ("nav.reports", "console.reports", "report_stock"),
    ("nav.numbers", "console.numbers", "list_lot_number_rules"),
    ("nav.imports", "console.imports", "upload_import"),
    ("nav.parties", "console.parties", "list_parties"),
    ("nav.keys", "console.keys", "list_signing_keys"),
    ("nav.access", "console.access", "list_api_keys"),
)

View = Callable[..., Any]


class Frame:
    """Pages of the console: `page` declares one; its view gets an `Asking` and what the address holds."""

    def __init__(self, house: House, operations: Operations, sign_in: str) -> None:
        self.house, self._operations, self._sign_in = house, operations, sign_in
        self._floor: set[str] = set()
        self.blueprint = Blueprint(
            "console", __name__, url_prefix=PREFIX, template_folder="templates", static_folder="static",
        )  # fmt: skip
        for name, filter in FILTERS.items():
            self.blueprint.add_app_template_filter(filter, name)

    @property
    def late_after(self) -> float:
        """Seconds that a checkpoint may wait for its anchor before an alarm is raised."""
        return self.house.settings.late_after

    def page(self, rule: str) -> Callable[[View], View]:
        def declare(view: View) -> View:
            def run(**arguments: str) -> Answer:
                caller = self._caller()
                if caller is None:
                    return redirect(f"{self._sign_in}?next={request.path}")
                return self._answered(caller, lambda: view(Asking(self._operations, caller), **arguments))

            self._remember(view)
            self.blueprint.add_url_rule(rule, view.__name__, run, methods=["GET"])
            return view

        return declare

    def form(
        self, rule: str, *, signs: bool = False, limit: int = 0, again: View | None = None
    ) -> Callable[[View], View]:
        """What a form of ours sends; the view gets its fields too, and answers with the address of the page that
        follows, or with a page. One that `signs` holds the password each time, and the second factor unless that was
        given within the last minutes (21 CFR 11.200): looked at before anything is done. `limit`: bytes that it may
        have, where a file or very many fields come with it. `again` is the page that the form is on: where what was
        sent is refused, it is shown with the refusal and what was typed.
        """
        def declare(view: View) -> View:
            def run(**arguments: str) -> Answer:
                caller = here(self.house)
                if caller is None or caller.stage:
                    return redirect(f"{self._sign_in}?next={PREFIX}/", 303)
                if limit:
                    request.max_content_length = limit
                    request.max_form_memory_size = limit
                    request.max_form_parts = MOST_FIELDS
                return self._carried_out(caller, view, arguments, signs, again)

            self._remember(view)
            self.blueprint.add_url_rule(rule, view.__name__, run, methods=["POST"])
            return view

        return declare

    def _remember(self, view: View) -> None:
        """On pages of the floor a scanner types: no letter is a shortcut there (WCAG 2.1.4)."""
        if view.__module__.startswith(FLOOR):
            self._floor.add(f"console.{view.__name__}")

    def _carried_out(
        self, caller: Caller, view: View, arguments: Mapping[str, str], signs: bool, again: View | None
    ) -> Answer:
        cookies, secrets = self.house.access.cookies, list[str]()

        def act() -> Any:
            said = sent(self.house.access, caller)
            signing = self._proven(caller, said, secrets) if signs else caller
            g.draft = said
            done = view(Asking(self._operations, signing), said, **arguments)
            return redirect(done, 303) if isinstance(done, str) else done

        answer = self._answered(caller, act, again and (lambda: again(Asking(self._operations, caller), **arguments)))
        return cookies.give(answer, secrets[0]) if secrets and isinstance(answer, Response) else answer

    def _proven(self, caller: Caller, said: dict[str, str], secrets: list[str]) -> Caller:
        """The same caller, proven; where it is proven anew the session's new secret is added to `secrets`."""
        password, code = said.pop("password", ""), said.pop("second_factor", None)
        if not password if caller.provider is None else not caller.fresh:
            raise prove_yourself(caller, "this form")
        if caller.provider is not None:
            return caller
        with self.house.standing(caller):
            if caller.fresh and code is None:
                self.house.entrance.confirm(caller, password, address())
                return caller
            secrets.append(self.house.entrance.prove(caller, password, code, address()))
        self.house.access.forget()
        return self.house.access.in_session(secret_hash(secrets[0]))

    def _answered(self, caller: Caller, view: Callable[[], Any], again: Callable[[], Any] | None = None) -> Answer:
        """The page, or the refusal: on the page that the form is on, else as a page of its own."""
        try:
            return _headed(make_response(view()))
        except Problem as problem:
            return _headed(self._refused(caller, problem, again))
        except DomainError as refusal:
            return _headed(self._refused(caller, domain_problem(refusal), again))

    def shown(self, asking: Asking, template: str, **values: Any) -> Response:
        """A page in the language of who asks."""
        secret = secret_of(self.house.access.cookies)
        around = self._around(asking.caller)
        around |= {"csrf": token(secret), "may": asking.may, "asked": asked_of(asking.caller)}
        text = labelled(render_template(f"console/{template}", **around, **values))
        answer = keep(self.house.access.cookies, Response(text, headers={"Vary": "Accept-Language, Cookie"}), secret)
        if (asked := request.args.get("lang")) in LANGUAGES:
            answer.set_cookie(COOKIE, str(asked), max_age=_YEAR, samesite="Lax", path=PREFIX)
        return answer

    def _caller(self) -> Caller | None:
        """Who signed in wholly, and belongs to a party; who reads with a key sees the same."""
        try:
            caller = self.house.access.caller()
        except Problem as problem:
            if problem.status != 401:
                raise
            return None
        return None if caller.party is None or caller.stage else caller

    def _refused(self, caller: Caller, problem: Problem, again: Callable[[], Any] | None) -> Response:
        if again is not None and "draft" in g:
            g.wrong = problem
            answer = make_response(again())
        else:
            answer = self.shown(Asking(self._operations, caller), "refused.html", problem=problem, back=_came_from())
        answer.status_code = problem.status
        return answer

    def _around(self, caller: Caller) -> dict[str, Any]:
        language = chosen()
        asking = Asking(self._operations, caller)
        g.zone = zone_of(asking)
        entries = [(W[label].in_language(language), end, url_for(end), end == request.endpoint)
                   for label, end, needed in NAVIGATION if asking.may(needed)]  # fmt: skip
        return {"t": translator(language), "language": language, "spoken": partial(places, language=language),
                "named": partial(named, language),
                "navigation": grouped(entries), "caller": caller,
                "here": _here(), "keyed": request.endpoint not in self._floor,
                "other": "en" if language == "zh" else "zh", "done": request.args.get("done"),
                "in_words": partial(in_words, language), "phrase": partial(phrase, language),
                "refusal": partial(refusal, language), "finding": partial(finding_in_words, language), "DONE": DONE,
                "draft": g.get("draft", {}) if "wrong" in g else {}, "wrong": g.get("wrong")}  # fmt: skip


def _came_from() -> str | None:
    """The page of ours that the form was on."""
    came = urlsplit(request.referrer or "")
    if came.netloc != request.host or not came.path.startswith(f"{PREFIX}/"):
        return None
    return came.path + (f"?{came.query}" if came.query else "")


def _here() -> str:
    """The page that is looked at; after a form that was refused, the one that the form is on."""
    return request.path if request.method == "GET" else (_came_from() or f"{PREFIX}/").partition("?")[0]


def asked_of(caller: Caller) -> str:
    """What a form that signs asks for: the password, and the second factor too where the last proof is too old.
    Whoever signed in through a company's provider proves it there, before."""
    if caller.session is None or (caller.provider is not None and caller.fresh):
        return ""
    if caller.provider is not None:
        return "provider"
    return "password" if caller.fresh else "password and code"


def chosen() -> Language:
    """The language that was asked for in the address, or before; else the first accepted one that there is."""
    asked = request.args.get("lang") or request.cookies.get(COOKIE)
    accepted = request.accept_languages.best_match(["en", "zh", "zh-CN"], default="en")
    return "zh" if (asked if asked in LANGUAGES else accepted).startswith("zh") else "en"


def named(language: Language, family: str, name: str) -> str:
    """The words for a name that may have none; then the name itself."""
    return W[family + name].in_language(language) if family + name in W else name


def translator(language: Language) -> Callable[..., str]:
    """`t(key, …)`: the words of this language with the values set in. An unknown key is a mistake of ours."""

    def t(key: str, *values: object) -> str:
        words = W[key].in_language(language)
        marked = any(isinstance(each, Markup) for each in values)
        return (escape(words) if marked else words).format(*values)

    return t


def _headed(answer: Answer) -> Answer:
    answer.headers.setdefault("Content-Security-Policy", CSP)
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Referrer-Policy"] = "same-origin"  # with `no-referrer` our own forms would come from `null`
    return answer
