"""How a question about events is asked over HTTP and answered a page at a time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import orjson
from flask import Response, request
from sqlalchemy import Connection, select

from service.api import epcis_documents as documents
from service.api.door import Parameters
from service.api.epcis_documents import Next
from service.api.epcis_negotiation import Wanted, wanted
from service.api.house import House
from service.api.problem import Problem, not_found, shown
from service.auth.keys import Caller
from service.epcis.movements import AT_ONCE, read_due
from service.epcis.proof import Log, proofs_of, with_proof
from service.epcis.query import pages, parameters, reading, values
from service.epcis.query.compiling import Reader
from service.epcis.query.conditions import Column, Condition, Question
from service.epcis.query.documented import EVENT_PARAMETERS, PAGE_PARAMETERS
from service.epcis.query.documents import prefix_lengths
from service.epcis.query.faults import WrongParameter
from service.epcis.query.pages import Token, Tokens
from service.epcis.query.parameters import Given, Spelling
from service.epcis.query.reading import Row
from service.epcis.translation import to_urn
from service.models.epcis_query import epcis_page_ended

Pairs = Sequence[tuple[str, str]]
READERS = ("party", "auditor", "regulator")
LONGEST_URL = 8000
ROUNDS = 4
PROBLEMS = (400, 406, 413, 414)
ASKED = Parameters((*EVENT_PARAMETERS, *PAGE_PARAMETERS))
PAGED = Parameters(tuple(PAGE_PARAMETERS))
_PAGING = ("perPage", "nextPageToken")


def reader_of(caller: Caller) -> Reader:
    return Reader(caller.party_id if caller.role == "party" else None)


def given(pairs: Pairs) -> tuple[Given, ...]:
    """Parameters of a URL: the values of a list stand between bars, or come one by one."""
    if len(request.url) > LONGEST_URL:
        detail = f"expected a URL of at most {LONGEST_URL} characters, got {len(request.url)}; see POST …/queries"
        raise Problem(414, "uri-too-long", detail, expected=LONGEST_URL, seen=len(request.url))
    sent: dict[str, list[str]] = {}
    for name, value in pairs:
        sent.setdefault(name, []).extend(value.split("|") if name not in _PAGING else [value])
    return tuple(Given(name, tuple(told)) for name, told in sent.items())


def catch_up(house: House, caller: Caller) -> None:
    """Whoever recorded a movement a moment ago finds its event. Of a long backlog (an import) only a part is read here,
    and the rest by the worker, as what other parties recorded is: within seconds or, of millions, hours.
    """
    for _ in range(ROUNDS if caller.party_id is not None else 0):
        with house.engine.begin() as connection:
            if read_due(connection, caller.party_id or 0) < AT_ONCE:
                return


@dataclass(frozen=True, slots=True)
class Paging:
    """Which page is asked for: `size` rows, behind the token's position."""

    size: int
    token: Token | None
    tokens: Tokens

    @property
    def left(self) -> int | None:
        return self.token.left if self.token else None


def paging(house: House, caller: Caller, sent: Iterable[Given], about: Any) -> Paging:
    """What `perPage` and `nextPageToken` say; raises WrongParameter. `about`: what the pages are of."""
    said = {each.name: each.values for each in sent if each.name in _PAGING}
    for name, several in said.items():
        if len(several) != 1:
            raise WrongParameter(f"{name}: expected one value, got {len(several)}", expected=1, seen=len(several))
    size = values.whole("perPage", said["perPage"][0], 1, 10**9) if "perPage" in said else pages.DEFAULT
    tokens = _tokens(house, caller, orjson.dumps([request.path, about]).decode())
    token = None
    if "nextPageToken" in said:
        token = tokens.read(said["nextPageToken"][0], house.now())
        with house.engine.connect() as connection:
            _check_lives(connection, said["nextPageToken"][0])
    return Paging(min(size, pages.MOST), token, tokens)


def page_key(house: House) -> bytes:
    """The key of page tokens: it follows from one that every web process has."""
    assert house.settings.kek is not None
    return sha256(b"lotproof/epcis-pages\0" + house.settings.kek).digest()


def _tokens(house: House, caller: Caller, about: str = "") -> Tokens:
    return Tokens(page_key(house), f"{caller.role}/{caller.party or ''}", about)


def issued_until(house: House, caller: Caller, token: str) -> datetime | None:
    """Until when a token of the caller's lives, of whatever question; None if it is none."""
    until = _tokens(house, caller).lives_until(token)
    return None if until is None else datetime.fromtimestamp(until, UTC)


def _check_lives(connection: Connection, token: str) -> None:
    hashed = sha256(token.encode()).digest()
    if connection.scalar(select(epcis_page_ended.c.until).where(epcis_page_ended.c.token_hash == hashed)) is not None:
        raise WrongParameter("nextPageToken: expected one that was not ended, got one that was")


def conditions(sent: Iterable[Given]) -> tuple[Given, ...]:
    return tuple(each for each in sent if each.name not in _PAGING)


def answered(
    house: House, caller: Caller, sent: Sequence[Given], fixed: Condition | None = None
) -> Response:  # fmt: skip
    """The events that this asks for, as the caller may see them. `fixed`: what the path asks for besides."""
    form, asked = wanted(), conditions(sent)
    question = parameters.question(asked, Spelling(form.namespaces))
    if fixed is not None:
        question = replace(question, conditions=(fixed, *question.conditions))
    sheet = paging(house, caller, sent, [list(each) for each in asked])
    return answered_page(house, caller, question, sheet, form)


def answered_page(
    house: House, caller: Caller, question: Question, sheet: Paging, form: Wanted, name: str = documents.SIMPLE_QUERY
) -> Response:
    """One page of the answer."""
    left = question.limit if sheet.token is None else sheet.left
    size = sheet.size if left is None else min(sheet.size, left)
    after = sheet.token.position if sheet.token else None
    catch_up(house, caller)
    with house.engine.connect() as connection:
        found = reading.page(connection, question, reader_of(caller), size, after)
        rows = _with_proofs(house, connection, caller, found.rows)
        prefixes = prefix_lengths(connection, caller.party_id)
    left = None if left is None else left - len(found.rows)
    following = None
    if found.next is not None and left != 0:
        until = int(house.now().timestamp()) + pages.LIVES_SECONDS
        following = Next(sheet.tokens, Token(found.next, until, left))
    return documents.events(rows, form, house.now(), prefixes, name=name, following=following)


def one_event(house: House, caller: Caller, id: str) -> Response:
    """Every event of this id: one, and an error declaration if there is one. Raises Problem 404."""
    form = wanted()
    question = Question((Condition("EQ_eventID", Column("event_id"), "EQ", (id,)),))
    catch_up(house, caller)
    with house.engine.connect() as connection:
        found = reading.page(connection, question, reader_of(caller), pages.MOST)
        if not found.rows:
            raise not_found("event", id)
        rows = _with_proofs(house, connection, caller, found.rows)
        prefixes = prefix_lengths(connection, caller.party_id)
    return documents.events(rows, form, house.now(), prefixes)


def _with_proofs(house: House, connection: Connection, caller: Caller, rows: Sequence[Row]) -> list[Row]:
    """The caller's own events say how far their proofs are; whose an event is not asks for the proof of its lot."""
    own = [row.number for row in rows if row.party == caller.party_id]
    told = proofs_of(connection, Log(house.origin, house.settings.public_url), own) if own else {}
    return [row._replace(event=with_proof(row.event, told[row.number])) if row.number in told else row for row in rows]


def occurs(house: House, caller: Caller, fixed: Condition) -> bool:
    """Whether the caller may see an event of which this is true."""
    catch_up(house, caller)
    with house.engine.connect() as connection:
        return bool(reading.page(connection, Question((fixed,)), reader_of(caller), 1).rows)


def respelled(house: House, caller: Caller, uris: Sequence[str], form: Wanted) -> list[str]:
    """Identifiers as the client wants them spelled."""
    if form.epc_format != "Always_EPC_URN":
        return list(uris)
    with house.engine.connect() as connection:
        prefixes = prefix_lengths(connection, caller.party_id)
    return [to_urn(uri, prefixes, of_class=True) for uri in uris]


def no_parameter(name: str) -> WrongParameter:
    """Refuses a parameter where there are none but those of pages."""
    expected = " or ".join(_PAGING)
    return WrongParameter(f"expected {expected}, got {shown(name)}", expected=expected, seen=shown(name))
