"""Secrets are planted in a running product, everything that can fail is made to fail, and what was said is searched.

Searched are the answers, what every part logs, the figures, what commands print, and every row of every table; for the
secrets as they are, in hex and in base64. A secret may stand in one place: in the answer that hands it out.
"""

import base64
import contextlib
import io
import json
import logging
import os
import shutil
import signal
import tempfile
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from eth_keys.datatypes import PrivateKey
from joserfc import jwt
from joserfc.jwk import OKPKey

from service import cli
from service.local import node
from service.local.node import Node
from service.local.place import cluster_in
from tests.tools.canaries import Canaries, forms
from tests.tools.running import Running

LOT = "https://id.gs1.org/01/09506000134352/10/CANARY"
PASSWORD, PROVIDER = "swordfish-of-the-database", "swordfish-of-the-provider"
KEYS = {name: sha256(f"canary {name}".encode()).digest() for name in ("LOG", "KEK", "ANCHORER", "WEBHOOK")}
AWAY = {"URL": f"postgresql://somebody:{PASSWORD}@127.0.0.1:1/none"}
ODD = f"http://user:{PROVIDER}@127.0.0.1:1/v3/{PROVIDER}?key={PROVIDER}"
"""The second node: it never answers."""


class House:
    """The product, its canaries, and all that it ever said."""

    def __init__(self, running: Running) -> None:
        self.running, self.said = running, list[tuple[str, bytes]]()
        self.operator = "lpk_" + "canary-of-the-operator-" * 2
        self.canaries = Canaries(KEYS | {
            "operator's key": self.operator, "metrics key": "lpk_" + "canary-of-the-metrics--" * 2,
            "password": PASSWORD, "provider's key": PROVIDER,
        })  # fmt: skip
        self.where: dict[str, str] = {}

    def ask(
        self, method: str, path: str, body: Any = None, key: str | None = None, **headers: str
    ) -> tuple[int, bytes]:
        if isinstance(body, dict):
            body, headers = json.dumps(body).encode(), {"Content-Type": "application/json", **headers}
        if key:
            headers["Authorization"] = f"Bearer {key}"
        request = urllib.request.Request(self.running.url + path, body, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                status, text, told = answer.status, answer.read(), answer.headers
        except urllib.error.HTTPError as refused:
            status, text, told = refused.code, refused.read(), refused.headers
        self.said.append((f"{method} {path} #{len(self.said)}", str(told).encode() + text))
        return status, text

    def get_secret(self, name: str, member: str, path: str, body: Any, key: str) -> dict[str, Any]:
        """What is handed out once: it is a canary from here on, and stands in this answer."""
        status, text = self.ask("POST", path, body, key)
        assert status in (200, 201), text
        told = dict(json.loads(text))
        self.canaries.plant(**{name: told[member]})
        self.where[name] = self.said[-1][0]
        return told

    def command(self, *argv: str, **environ: str) -> None:
        """What a command prints, or raises, in this installation."""
        heard, root = io.StringIO(), logging.StreamHandler()
        root.setStream(heard)
        given, before = self.running.environ | environ, dict(os.environ)
        os.environ.clear()
        os.environ.update(given)
        logging.getLogger().addHandler(root)
        try:
            with contextlib.redirect_stdout(heard), contextlib.redirect_stderr(heard), contextlib.suppress(SystemExit):
                cli.main([*argv])
        except Exception as fault:
            heard.write(f"{fault!r}\n{fault}")
        finally:
            logging.getLogger().removeHandler(root)
            os.environ.clear()
            os.environ.update(before)
        self.said.append((" ".join((*argv, *environ)), heard.getvalue().encode()))

    def connect(self) -> psycopg.Connection[Any]:
        data = self.running.folder
        url = cluster_in(data, (data / "id").read_text().strip()).url()
        return psycopg.connect(url.replace("+psycopg", ""), autocommit=True)

    def logs(self) -> Iterator[tuple[str, bytes]]:
        for file in [*(self.running.folder / "log").iterdir(), self.running.folder.parent / "up.log"]:
            yield file.name, file.read_bytes()

    def rows(self) -> Iterator[tuple[str, bytes]]:
        with self.connect() as connection:
            tables = connection.execute(
                "SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n"
                " ON n.oid = relnamespace WHERE relkind = 'r' AND nspname NOT IN ('pg_catalog', 'information_schema')"
            ).fetchall()
            assert len(tables) > 30
            for (table,) in tables:
                rows = connection.execute(f"SELECT t::text FROM {table} t").fetchall()
                yield table, "\n".join(row for (row,) in rows).encode()


@pytest.fixture(scope="module")
def house(anvil: Node) -> Iterator[House]:
    home = Path(tempfile.mkdtemp(prefix="lotproof-test-"))
    home.chmod(0o711)
    made = House(Running(home / "data", node.free_port(), node.free_port()))
    made.running.environ |= {f"LOTPROOF_{name}_KEY": base64.b64encode(key).decode() for name, key in KEYS.items()} | {
        "LOTPROOF_KEK": base64.b64encode(KEYS["KEK"]).decode(), "LOTPROOF_OPERATOR_KEY": made.operator,
        "LOTPROOF_METRICS_KEY": str(made.canaries.planted["metrics key"]),
        "LOTPROOF_ANCHORER_KEY": KEYS["ANCHORER"].hex(), "LOTPROOF_WEBHOOKS_LOCAL": "1",
    }  # fmt: skip
    del made.running.environ["LOTPROOF_KEK_KEY"]
    anvil.rpc("anvil_setBalance", PrivateKey(KEYS["ANCHORER"]).public_key.to_checksum_address(), hex(10**18))
    made.running.environ["LOTPROOF_RPC_URL"] = f"{anvil.url},{ODD}"
    made.running.start()
    try:
        yield made
    finally:
        made.running.process.send_signal(signal.SIGINT)
        made.running.process.wait(90)
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="module")
def party(house: House) -> str:
    """Its key; it works with everything that has a secret."""
    key = str(house.get_secret("a party's key", "api_key", "/api/v1/parties", {"id": "acme", "name": "A"},
                               house.operator)["api_key"])  # fmt: skip
    for path, body in (
        ("items", {"code": "TAB", "name": "T", "gtin": "09506000134352", "unit": "EA"}),
        ("sites", {"code": "MUC", "zone": "Europe/Berlin"}),
        ("locations", {"site": "MUC", "code": "A1", "kind": "storage"}),
        ("movements", {"id": str(uuid4()), "type": "register", "to": "MUC/A1",
                       "lines": [{"item": "TAB", "lot": "CANARY", "quantity": "5"}]}),
    ):  # fmt: skip
        assert house.ask("POST", f"/api/v1/{path}", body, key)[0] == 201
    house.get_secret("another key", "api_key", "/api/v1/api-keys", {"label": "second"}, key)
    house.ask("POST", "/api/v1/people", {"code": "p1", "roles": [{"role": "auditor"}]}, key)
    house.get_secret("a person's key", "api_key", "/api/v1/people/p1/api-keys", {"label": "third"}, key)
    hook = {"url": f"http://127.0.0.1:{node.free_port()}/x"}
    house.get_secret("a webhook's secret", "secret", "/api/v1/webhooks", hook, key)
    house.canaries.plant(**{"a webhook's key": base64.b64decode(str(house.canaries.planted["a webhook's secret"])[6:])})
    house.where["a webhook's key"] = house.where["a webhook's secret"]
    share = {"id": str(uuid4()), "lot": LOT, "label": "visitor"}
    url = str(house.get_secret("a share", "url", "/api/v1/shares", share, key)["url"])
    house.canaries.plant(**{"a share": url.rpartition("/")[2]})
    _sign_in(house, key)
    return key


def _sign_in(house: House, key: str) -> None:
    own = OKPKey.generate_key("Ed25519")
    public = {name: value for name, value in own.as_dict(private=False).items() if name != "kid"}
    id = json.loads(house.ask("POST", "/api/v1/oauth-clients", {"label": "ERP", "jwk": public}, key)[1])["id"]
    now = int(datetime.now(UTC).timestamp())
    claims = {"iss": id, "sub": id, "aud": house.running.url, "jti": str(uuid4()), "exp": now + 60}
    signed = jwt.encode({"alg": "EdDSA"}, claims, own, algorithms=["EdDSA"])
    house.canaries.plant(**{"an assertion": signed.rpartition(".")[2]})
    house.canaries.plant(**{"a machine's key": own.as_dict(private=True)["d"]})
    form = {"grant_type": "client_credentials", "client_id": id, "client_assertion": signed,
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}  # fmt: skip
    for _ in range(2):  # the second time it was used before
        status, text = house.ask("POST", "/oauth/token", urllib.parse.urlencode(form).encode())
        if status == 200:
            house.canaries.plant(**{"a token": json.loads(text)["access_token"]})
            house.where["a token"] = house.said[-1][0]
    private = own.as_dict(private=True) | {"kty": "OKP"}
    assert house.ask("POST", "/api/v1/oauth-clients", {"label": "x", "jwk": private}, key)[0] == 422


def test_a_canary_is_found_in_every_form_or_this_test_shows_nothing() -> None:
    for name, secret in {"text": PASSWORD, "bytes": KEYS["KEK"]}.items():
        raw = secret.encode() if isinstance(secret, str) else secret
        for form in (raw, raw.hex().encode(), repr(raw).encode(), base64.b64encode(b"user:" + raw),
                     base64.urlsafe_b64encode(b"x" + raw + b"yz"), base64.b64encode(raw)):  # fmt: skip
            assert Canaries({name: secret}).found([("here", b"..." + form + b"...")]) == [f"{name} in here"], form
    assert not Canaries({"KEK": KEYS["KEK"]}).found([("here", b"\0" * 100 + KEYS["LOG"])])
    assert all(len(form) >= 8 for form in forms("12345678"))


def test_nothing_that_is_refused_repeats_a_secret(house: House, party: str) -> None:
    secrets = [str(each) for each in house.canaries.planted.values() if isinstance(each, str)]
    for secret in secrets:
        for header in (f"Basic {secret}", f"Bearer {secret}x", secret):
            assert house.ask("GET", "/api/v1/lots", Authorization=header)[0] in (401, 403)
        house.ask("GET", "/api/v1/lots", Cookie=secret, Referer=secret, **{"X-Api-Key": secret, "User-Agent": secret})
        house.ask("POST", "/api/v1/items", b"{", party, **{"Content-Type": "application/json", "X-Secret": secret})
    for path in ("/api/v1/parties", "/api/v1/movements/none", "/api/v1/refusals", "/api/v1/changes", "/api/v1/webhooks",
                 "/api/v1/api-keys", "/api/v1/shares", "/api/v1/oauth-clients", "/api/v1/people", "/api/v1/status",
                 "/api/v1/policy", "/api/openapi.json", "/", "/metrics"):  # fmt: skip
        for key in (None, party, house.operator, str(house.canaries.planted["metrics key"])):
            house.ask("GET", path, key=key)


BROKEN = {
    "warehouse.webhook": ("/api/v1/webhooks", {"url": "https://receiver.example/x"}),
    "warehouse.api_key": ("/api/v1/api-keys", {"label": "x"}),
    "warehouse.share": ("/api/v1/shares", {"id": str(uuid4()), "lot": LOT, "label": "x"}),
    "warehouse.oauth_client": ("/api/v1/lots", None),
    "warehouse.party_key": ("/api/v1/signing-keys", None),
}


def test_a_fault_tells_and_logs_no_secret(house: House, party: str) -> None:
    """A table is gone: a real 500 with a real traceback."""
    with house.connect() as connection:
        for table, (path, body) in BROKEN.items():
            connection.execute(f"ALTER TABLE {table} RENAME TO away")
            seen = {house.ask("POST" if body else "GET", path, body, key)[0] for key in (party, house.operator + "x")}
            assert 500 in seen, (table, seen)
            connection.execute(f"ALTER TABLE warehouse.away RENAME TO {table.partition('.')[2]}")
    assert b"Traceback" in dict(house.logs())["web.log"]


def test_no_command_prints_one(house: House, party: str) -> None:
    for name in cli.COMMANDS:
        if name not in ("setup", "test", "campaign", "bench", "verify", "sign"):  # they hold none of the service's
            house.command(name, "--help")
    for line in ("settings", "status", "status --json", "policy", "api-key list", "audit --no-chain", "office"):
        house.command(*line.split())
    for line in ("status", "migrate", "deploy", "policy", "audit", "api-key list"):
        house.command(*line.split(), LOTPROOF_DATABASE_URL=AWAY["URL"], LOTPROOF_RPC_URL=ODD)
    for line in ("deploy", "office", "accept-reorg --reason x", "audit"):
        house.command(*line.split(), LOTPROOF_RPC_URL=ODD)
    for wrong in ("KEK", "LOG_KEY", "RPC_URL", "DATABASE_URL", "WEBHOOK_KEY", "OPERATOR_KEY"):
        house.command("worker", **{f"LOTPROOF_{wrong}": f"ws://{PASSWORD}"})
    assert sum(len(said) > 20 for _, said in house.said) > 50


def test_a_node_that_is_away_is_named_without_its_key(house: House, party: str, anvil: Node) -> None:
    """In the worker's log, and in an alarm that everybody reads."""
    anvil.rpc("anvil_mine", "0x80")  # what would be final needs its word
    house.running.wait_for(lambda: any("AWAY" in each["kind"] for each in house.running.status()["alarms"]), 30)
    told = json.loads(house.ask("GET", "/api/v1/status")[1])["alarms"]
    assert any("127.0.0.1:1/…" in each["detail"] for each in told), told
    house.ask("GET", "/metrics", key=house.operator)
    house.ask("GET", "/")
    house.command("status")


def test_nothing_of_all_this_lies_anywhere(house: House, party: str) -> None:
    assert len(house.canaries.planted) >= 15
    assert house.canaries.found(house.said, house.where) == []
    assert house.canaries.found(house.logs()) == []
    assert house.canaries.found(house.rows()) == []
