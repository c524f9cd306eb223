"""What all pages share: who is in, in which language, what stands around a page, and how a refusal looks."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from service.api.errors import domain_problem
from service.api.house import House
from service.api.problem import Problem
from service.auth.keys import Caller
from service.console.asking import Asking, Operations
from service.console.shown import FILTERS
from service.console.words import LANGUAGES, Language, W
from service.domain.errors import DomainError
from service.papers.words import Words

PREFIX = "/console"
COOKIE = "lotproof-language"
_YEAR = 365 * 24 * 3600
_CSP = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'self'; connect-src 'self';"
    " base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
)

# label, endpoint, the operation that a page stands on
NAVIGATION = (
    ("nav.dashboard", "console.dashboard", "read_overview"),
    ("nav.lots", "console.lots", "list_lots"),
    ("nav.quality", "console.quality", "list_cases"),
    ("nav.expiry", "console.expiry", "report_expiry"),
    ("nav.handoffs", "console.handoffs", "list_handoffs"),
    ("nav.recalls", "console.recalls", "list_recalls"),
    ("nav.trail", "console.trail", "list_changes"),
    ("nav.ledger", "console.ledger", "list_lots"),
)

View = Callable[..., Any]


class Frame:
    """Pages of the console: `page` declares one; its view gets an `Asking` and what the address holds."""

    def __init__(self, house: House, operations: Operations, sign_in: str) -> None:
        self.house, self._operations, self._sign_in = house, operations, sign_in
        self.blueprint = Blueprint(
            "console", __name__, url_prefix=PREFIX, template_folder="templates", static_folder="static",
        )  # fmt: skip
        for name, filter in FILTERS.items():
            self.blueprint.add_app_template_filter(filter, name)

    def page(self, rule: str, *methods: str) -> Callable[[View], View]:
        def declare(view: View) -> View:
            def run(**arguments: str) -> Answer:
                try:
                    caller = self._caller()
                except Problem:
                    return redirect(f"{self._sign_in}?next={request.path}")
                try:
                    return _headed(make_response(view(Asking(self._operations, caller), **arguments)))
                except Problem as problem:
                    return _headed(self._refused(caller, problem))
                except DomainError as refusal:
                    return _headed(self._refused(caller, domain_problem(refusal)))

            self.blueprint.add_url_rule(rule, view.__name__, run, methods=list(methods) or ["GET"])
            return view

        return declare

    def shown(self, asking: Asking, template: str, **values: Any) -> Response:
        """A page in the language of who asks."""
        text = render_template(f"console/{template}", **self._around(asking.caller), may=asking.may, **values)
        answer = Response(text, headers={"Vary": "Accept-Language, Cookie"})
        if (asked := request.args.get("lang")) in LANGUAGES:
            answer.set_cookie(COOKIE, str(asked), max_age=_YEAR, samesite="Lax", path=PREFIX)
        return answer

    def _caller(self) -> Caller:
        """Who signed in, and belongs to a party; raises Problem."""
        caller = self.house.access.caller()
        if caller.party is None:
            raise Problem(403, "no-party", "the console is for people of a party")
        return caller

    def _refused(self, caller: Caller, problem: Problem) -> Response:
        asking = Asking(self._operations, caller)
        answer = self.shown(asking, "refused.html", problem=problem)
        answer.status_code = problem.status
        return answer

    def _around(self, caller: Caller) -> dict[str, Any]:
        language = chosen()
        asking = Asking(self._operations, caller)
        entries = [(W[label].in_language(language), url_for(end), end == request.endpoint)
                   for label, end, needed in NAVIGATION if asking.may(needed)]  # fmt: skip
        return {"t": translator(language), "language": language, "navigation": entries, "caller": caller,
                "other": "en" if language == "zh" else "zh"}  # fmt: skip


def chosen() -> Language:
    """The language that was asked for in the address, or before; else the first accepted one that there is."""
    asked = request.args.get("lang") or request.cookies.get(COOKIE)
    accepted = request.accept_languages.best_match(["en", "zh", "zh-CN"], default="en")
    return "zh" if (asked if asked in LANGUAGES else accepted).startswith("zh") else "en"


def translator(language: Language) -> Callable[..., str]:
    """`t(key, …)`: the words of this language with the values set in. An unknown key is a mistake of ours."""

    def t(key: str, *values: object) -> str:
        return W[key].in_language(language).format(*values)

    return t


def word(table: dict[str, Words], language: Language, key: str) -> str:
    """A word for a value of the interface; one that has none is shown as it is."""
    return table[key].in_language(language) if key in table else key


def _headed(answer: Answer) -> Answer:
    answer.headers["Content-Security-Policy"] = _CSP
    answer.headers["Cache-Control"] = "no-store"
    return answer
