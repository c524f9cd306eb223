"""A movement's statement made and read, beside Ed25519 alone on the same bytes: what selective disclosure costs."""

import os
from collections.abc import Iterator
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bench.rows import Row, Scale, in_turns
from service.keys.keyring import SigningKey
from service.statements.sdjwt import Listed, Statement, element, issue_movement, named
from verifier import ed25519
from verifier.disclosure import disclose
from verifier.entry import MOVEMENT
from verifier.statement import check_signature, read

ORIGIN = "log.example.com/bench"
ISSUER = "https://log.example.com/party/acme"
LOT = "https://id.gs1.org/01/09506000134352/10/L-1"
ACCOUNT = b'{"epcClass":"%s","quantity":100}' % LOT.encode()
PROPERTIES = [
    named(name.encode(), value)
    for name, value in (
        ("@context", b'["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"]'), ("type", b'"ObjectEvent"'),
        ("action", b'"OBSERVE"'), ("bizStep", b'"storing"'), ("disposition", b'"sellable_not_accessible"'),
        ("eventTime", b'"2026-11-29T15:29:02.650+01:00"'), ("eventTimeZoneOffset", b'"+01:00"'),
        ("readPoint", b'{"id":"https://log.example.com/place/a"}'), ("lotproof:journal", b'"%s"' % (b"A" * 43)),
        ("bizLocation", b'{"id":"https://log.example.com/place/b"}'),
    )
]  # fmt: skip
TIMES = 5_000


def measure(scale: Scale) -> Iterator[Row]:
    """One lot, ten properties, one list; `scale` changes nothing."""
    key = SigningKey.of_seed(bytes(range(32)))
    said = _statement(key)
    message, signature = _parts(said)
    public = Ed25519PrivateKey.from_private_bytes(bytes(range(32))).public_key()
    signed, made = in_turns((lambda: key.private.sign(message), lambda: _statement(key)), TIMES)
    yield Row("a statement made: salts, digests, signature", made, "µs", "less", beside=("Ed25519 alone", signed))
    checked, strictly, seen = in_turns(
        (lambda: public.verify(signature, message), lambda: ed25519.verify(key.public, signature, message),
         lambda: _read(said, key.public)), TIMES,
    )  # fmt: skip
    yield Row("a signature checked strictly", strictly, "µs", "less", beside=("Ed25519 alone", checked))
    yield Row("a statement read: form, signature, disclosures", seen, "µs", "less", beside=("Ed25519 alone", checked))
    size = len(said.jwt) + len(said.disclosures)
    yield Row("its size", size, "bytes", "less", beside=("what is signed", len(message)))


def _statement(key: SigningKey) -> Statement:
    return issue_movement(
        key, issuer=ISSUER, movement=str(uuid4()), issued_at=1_795_000_000, origin=ORIGIN,
        lots=[element(b'"%s"' % LOT.encode())], properties=PROPERTIES,
        lists=[Listed(b"quantityList", [element(ACCOUNT)])], reference=None, random=os.urandom,
    )  # fmt: skip


def _parts(said: Statement) -> tuple[bytes, bytes]:
    message, _, _ = said.jwt.rpartition(".")
    return message.encode(), read(said.jwt, MOVEMENT, ORIGIN).signature


def _read(said: Statement, public: bytes) -> None:
    statement = read(said.jwt, MOVEMENT, ORIGIN)
    check_signature(statement, public)
    disclose(statement, said.disclosures.strip("~").split("~"), LOT)
