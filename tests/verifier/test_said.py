"""Statements that say what they may not: each lie by itself, told to the module that reads it."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from verifier import disclosure, refs, statement
from verifier.disclosure import ANY_LOT, LISTS, RESERVED, disclose
from verifier.entry import ERASURE, MOVEMENT, NOTICE, PARTY_KEY
from verifier.errors import Refuted
from verifier.statement import Statement, key_set, read, split, thumbprint

from .maker import ORIGIN, World, b64url, digest, encoded, lot_name, party, public_key
from .vectors import accepts

LOT = lot_name(1)
HASH = b64url(bytes(32))
HEADER = {"alg": "EdDSA", "kid": HASH, "typ": "movement+sd-jwt"}


def payload(kind: int = MOVEMENT, **members: Any) -> dict[str, Any]:
    base = World().base("farm", kind)
    more: dict[str, Any] = {"lots": [], "_sd_alg": "sha-256", "_sd": []}
    if kind == PARTY_KEY:
        more = {"seq": 1, "prev": HASH, "keys": [jwk("farm")], "recovery": None}
    if kind == ERASURE:
        more |= {"ref": {"rel": "erases", "statement": HASH, "digests": [HASH]}}
    return base | more | members


def jwk(name: str, **members: Any) -> dict[str, Any]:
    return {"crv": "Ed25519", "kty": "OKP", "x": b64url(public_key(name))} | members


def jwt(said: Any, header: Any = None, kind: int = MOVEMENT) -> str:
    header = HEADER | {"typ": statement.TYPES[kind][0]} if header is None else header
    return f"{encoded(header)}.{encoded(said)}.{b64url(bytes(64))}"


def without(said: dict[str, Any], name: str) -> dict[str, Any]:
    return {other: value for other, value in said.items() if other != name}


def test_types_are_those_of_the_format() -> None:
    assert statement.TYPES == {
        1: ("movement+sd-jwt", "urn:lotproof:movement:1"),
        2: ("key+sd-jwt", "urn:lotproof:key:1"),
        3: ("erasure+sd-jwt", "urn:lotproof:erasure:1"),
        4: ("notice+sd-jwt", "urn:lotproof:notice:1"),
    }
    assert [statement.ACCEPTS, statement.REFUSES, statement.CORRECTS, statement.ERASES] == [
        "accepts", "refuses", "corrects", "erases",
    ]  # fmt: skip


@pytest.mark.parametrize("kind", [MOVEMENT, PARTY_KEY, ERASURE, NOTICE])
def test_a_statement_is_read_as_its_kind_and_no_other(kind: int) -> None:
    said = jwt(payload(kind), kind=kind)
    seen = read(said, kind, ORIGIN)
    assert (seen.kind, seen.key, seen.issuer, seen.issued_at) == (kind, HASH, party("farm"), World().now)
    assert seen.signed == said.rpartition(".")[0].encode() and seen.signature == bytes(64)
    assert seen.ref == (statement.Ref("erases", bytes(32), (HASH,)) if kind == ERASURE else None)  # type: ignore[arg-type]
    for other in {MOVEMENT, PARTY_KEY, ERASURE, NOTICE} - {kind}:
        assert not accepts(read, said, other, ORIGIN)
    assert not accepts(read, said, kind, ORIGIN + "x")
    for name in payload(kind):
        assert not accepts(read, jwt(without(payload(kind), name), kind=kind), kind, ORIGIN), name
    assert not accepts(read, jwt(payload(kind, more=1), kind=kind), kind, ORIGIN)


HEADERS: list[Any] = [
    HEADER | {"alg": "none"},
    HEADER | {"alg": "ES256"},
    HEADER | {"typ": "key+sd-jwt"},
    HEADER | {"kid": "A" * 42},
    HEADER | {"kid": "A" * 42 + "B"},
    HEADER | {"kid": 5},
    HEADER | {"jwk": jwk("farm")},
    without(HEADER, "kid"),
    [],
]


@pytest.mark.parametrize("header", HEADERS, ids=json.dumps)
def test_a_header_has_three_members_and_one_algorithm(header: Any) -> None:
    assert not accepts(read, jwt(payload(), header), MOVEMENT, ORIGIN)


PAYLOADS = {
    "aud": [ORIGIN + "/x", None],
    "vct": ["urn:lotproof:movement:2", None],
    "jti": ["00000000-0000-0000-0000-00000000000A", "0" * 36, 5, "00000000-0000-0000-0000-000000000000x"],
    "iat": [-1, 1.5, "1", True, 2**53],
    "iss": ["farm", "https://log.example.com/lot/a/b/c", 5, None],
    "ref": [None, {}, {"rel": "erases", "statement": HASH}, {"rel": "accepts"}, {"rel": "accepts", "statement": "A"},
            {"rel": "accepts", "statement": HASH, "digests": [HASH]}, {"rel": 1, "statement": HASH}],
}  # fmt: skip


@pytest.mark.parametrize("name", PAYLOADS)
def test_a_payload_says_what_it_may(name: str) -> None:
    for value in PAYLOADS[name]:
        assert not accepts(read, jwt(payload(**{name: value})), MOVEMENT, ORIGIN), value


def test_what_answers_names_a_relation_and_a_statement() -> None:
    for rel in ("accepts", "refuses", "corrects"):
        ref = {"rel": rel, "statement": HASH}
        assert read(jwt(payload(ref=ref)), MOVEMENT, ORIGIN).ref == statement.Ref(rel, bytes(32))  # type: ignore[arg-type]
        assert not accepts(read, jwt(payload(NOTICE, ref=ref), kind=NOTICE), NOTICE, ORIGIN)
        assert not accepts(read, jwt(payload(ERASURE, ref=ref | {"digests": [HASH]}), kind=ERASURE), ERASURE, ORIGIN)


def test_an_erasure_names_fields_each_once() -> None:
    many = [b64url(number.to_bytes(32, "big")) for number in range(1025)]
    lists = ((many[:1024], True), (many, False), ([], False), ([HASH] * 2, False), (["A"], False), ([5], False))
    for digests, good in lists:
        ref = {"rel": "erases", "statement": HASH, "digests": digests}
        assert accepts(read, jwt(payload(ERASURE, ref=ref), kind=ERASURE), ERASURE, ORIGIN) is good, digests[:3]


def test_a_jwt_has_three_parts() -> None:
    good = jwt(payload())
    header, body, signature = good.split(".")
    for bad in (f"{header}.{body}", header, "", f"{good}.", f"{good}.{signature}", f".{body}.{signature}",
                f"{header}..{signature}", f"{header}.{body}.A", f"{header}.{body}=.{signature}"):  # fmt: skip
        assert not accepts(read, bad, MOVEMENT, ORIGIN), bad[-40:]


def keys(disclosures: str = "", **members: Any) -> bool:
    said = jwt(payload(PARTY_KEY, **members), kind=PARTY_KEY)
    parts = split(f"{said}~{disclosures}")
    return accepts(lambda: key_set(read(said, PARTY_KEY, ORIGIN), parts))


def test_a_key_statement_sets_keys_that_may_be_registered() -> None:
    names = sorted((f"key{number}" for number in range(17)), key=lambda name: thumbprint(public_key(name)))
    every = [jwk(name) for name in names]
    assert keys() and keys(keys=[]) and keys(keys=every[:16]) and keys(recovery=HASH) and keys(seq=2**53 - 1)
    assert not keys("AAAA~")
    for bad in (every, every[1::-1], every[:1] * 2, [jwk("a", crv="P-256")], [jwk("a", kty="EC")],
                [jwk("a", use="sig")],
                [jwk("a", x=b64url(bytes(32)))], [jwk("a", x=b64url(public_key("a"))[:-1])], [jwk("a", x=5)],
                [jwk("a", x=b64url(public_key("a") + b"a"))], None, ["key"]):  # fmt: skip
        assert not keys(keys=bad), bad
    for name, values in {"recovery": ["A", 5, ""], "prev": ["A", None], "seq": [-1, "1", True]}.items():
        for value in values:
            assert not keys(**{name: value}), (name, value)


def said(lots: list[Any], sd: list[Any], kind: int = MOVEMENT, **members: Any) -> Statement:
    return read(jwt(payload(kind, lots=lots, _sd=sd, **members), kind=kind), kind, ORIGIN)


def salted(number: int, *rest: Any) -> str:
    return encoded([b64url(number.to_bytes(16, "big")), *rest])


def hidden(*texts: str) -> list[dict[str, str]]:
    return [{"...": digest(text)} for text in texts]


A_LOT = salted(1, LOT)


def opened(*properties: str, inner: tuple[str, ...] = (), lot: str | None = LOT) -> disclosure.Disclosed:
    spoken = said(hidden(A_LOT), sorted(digest(text) for text in properties))
    return disclose(spoken, [A_LOT, *properties, *inner], lot)


def test_lists_and_reserved_names_are_those_of_the_format() -> None:
    quantities = {"quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList"}
    epcs = {"epcList", "childEPCs", "inputEPCList", "outputEPCList"}
    assert quantities | epcs | {"bizTransactionList", "sourceList", "destinationList", "sensorElementList"} == LISTS
    assert set(refs.QUANTITIES) == quantities
    assert {
        "iss", "jti", "iat", "aud", "vct", "lots", "ref", "_sd_alg", "_sd", "...", "sub", "exp", "nbf", "cnf", "status",
    } == RESERVED  # fmt: skip


@pytest.mark.parametrize("name", sorted(LISTS))
def test_a_list_is_made_of_hidden_members(name: str) -> None:
    first, second = salted(3, {"a": 1}), salted(4, 5)
    listed = salted(2, name, hidden(first, second))
    assert opened(listed, inner=(first, second)).lists == {name: disclosure.Members(({"a": 1}, 5), True)}
    part = opened(listed, inner=(second,))
    assert part.lists == {name: disclosure.Members((5,), False)} and part.hidden == {digest(first)}
    for value in (
        "x",
        [1],
        [{"...": 5}],
        [{"...": digest(first), "a": 1}],
        hidden(first, first),
        {"...": digest(first)},
    ):
        assert not accepts(opened, salted(2, name, value)), value
    assert not accepts(opened, salted(2, name, hidden(A_LOT)))


@pytest.mark.parametrize("name", [*sorted(RESERVED), 5, None])
def test_an_event_does_not_say_again_what_the_payload_says(name: Any) -> None:
    assert not accepts(opened, salted(2, name, 1))
    assert opened(salted(2, "name", 1)).properties == {"name": 1}


LIES: dict[str, Callable[[], Any]] = {
    "a property twice": lambda: opened(salted(2, "a", 1), salted(3, "a", 2)),
    "a list twice": lambda: opened(salted(2, "epcList", []), salted(3, "epcList", [])),
    "a salt twice": lambda: opened(salted(2, "a", 1), salted(2, "b", 1)),
    "a salt too short": lambda: opened(encoded(["AAAA", "a", 1])),
    "a salt with loose bits": lambda: opened(encoded(["A" * 21 + "B", "a", 1])),
    "a salt that is no text": lambda: opened(encoded([5, "a", 1])),
    "two members": lambda: opened(salted(2, "a")),
    "four members": lambda: opened(salted(2, "a", 1, 2)),
    "an object": lambda: opened(encoded({"a": 1})),
    "digests inside a value": lambda: opened(salted(2, "a", [{"b": {"_sd": []}}])),
    "placeholders inside a value": lambda: opened(salted(2, "a", {"b": [{"...": "x"}]})),
    "a disclosure twice": lambda: disclose(said(hidden(A_LOT), []), [A_LOT, A_LOT], LOT),
    "a stranger's disclosure": lambda: opened(inner=(salted(9, 1),)),
    "another event's id": lambda: opened(salted(2, "eventID", "urn:uuid:00000000-0000-0000-0000-000000000000")),
    "digests not sorted": lambda: disclose(
        said(hidden(A_LOT), sorted((digest("a"), digest("b")), reverse=True)), [A_LOT], LOT
    ),
    "a digest twice": lambda: disclose(said(hidden(A_LOT), [HASH, HASH]), [A_LOT], LOT),
    "a digest of a lot again": lambda: disclose(said(hidden(A_LOT), [digest(A_LOT)]), [A_LOT], LOT),
    "a digest that is a number": lambda: disclose(said(hidden(A_LOT), [5]), [A_LOT], LOT),
    "a digest too short": lambda: disclose(said(hidden(A_LOT), ["A"]), [A_LOT], LOT),
    "a digest with loose bits": lambda: disclose(said(hidden(A_LOT), ["A" * 42 + "B"]), [A_LOT], LOT),
    "another algorithm": lambda: disclose(said(hidden(A_LOT), [], _sd_alg="sha-512"), [A_LOT], LOT),
    "digests that are no list": lambda: disclose(said(hidden(A_LOT), "x"), [A_LOT], LOT),  # type: ignore[arg-type]
    "lots that are no list": lambda: disclose(said("x", []), [A_LOT], LOT),  # type: ignore[arg-type]
    "a lot twice": lambda: disclose(said(hidden(A_LOT, salted(2, LOT)), []), [A_LOT, salted(2, LOT)], LOT),
    "a lot's digest twice": lambda: disclose(said(hidden(A_LOT) * 2, []), [A_LOT], LOT),
    "another lot": lambda: disclose(said(hidden(A_LOT), []), [A_LOT], lot_name(2)),
    "no lot shown": lambda: disclose(said(hidden(A_LOT), []), [], LOT),
    "a lot that is none": lambda: disclose(said(hidden(A_LOT, salted(2, "x")), []), [A_LOT, salted(2, "x")], LOT),
    "a lot that is no text": lambda: disclose(said(hidden(A_LOT, salted(2, 5)), []), [A_LOT, salted(2, 5)], LOT),
    "any lot by its sign": lambda: disclose(said(hidden(salted(2, ANY_LOT)), []), [salted(2, ANY_LOT)], ANY_LOT),
    "a notice that names a lot": lambda: disclose(said(hidden(A_LOT), [], NOTICE), [A_LOT], None),
    "a notice that names a lot it hides": lambda: disclose(said(hidden(A_LOT), [], NOTICE), [], None),
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES.keys())
def test_a_disclosure_that_lies_is_refused(lie: Callable[[], Any]) -> None:
    with pytest.raises(Refuted):
        lie()


def test_what_is_refused_is_named() -> None:
    with pytest.raises(Refuted, match="lots: expected a list"):
        disclose(said("x", []), [A_LOT], LOT)  # type: ignore[arg-type]
    with pytest.raises(Refuted, match="epcList: expected a list"):
        opened(salted(2, "epcList", "x"))


def test_what_is_shown_and_hidden_of_an_honest_statement() -> None:
    other, shown, not_shown = salted(2, lot_name(2)), salted(3, "a", 1.5), salted(4, "b", 2)
    spoken = said(hidden(A_LOT, other), sorted((digest(shown), digest(not_shown))))
    seen = disclose(spoken, [A_LOT, shown], LOT)
    assert (seen.lots, dict(seen.properties), seen.lists, seen.hidden) == (
        (LOT,), {"a": disclosure.load_json("1.5")}, {}, {digest(not_shown)},
    )  # fmt: skip
    assert set(disclose(spoken, [A_LOT, other], ANY_LOT).lots) == {LOT, lot_name(2)}
    assert disclose(spoken, [], ANY_LOT).lots == ()
    assert disclose(said([], [], NOTICE), [], None).lots == ()
    assert opened(salted(2, "eventID", f"urn:uuid:{spoken.id}")).properties
