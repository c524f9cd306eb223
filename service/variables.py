"""The environment variables: their names, what may stand in them, and what they mean, in the words for people."""

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Kind:
    """How a value is read from text (`parse` raises ValueError), and what is expected, in words."""

    parse: Callable[[str], Any]
    expects: str


@dataclass(frozen=True, slots=True)
class Variable:
    """One environment variable and the field of `Settings` that it fills; a secret may come otherwise (`sources`)."""

    name: str
    field: str
    kind: Kind
    meaning: str
    secret: bool = False


def key32(text: str) -> bytes:
    """32 bytes, as base64 or as 64 hex digits."""
    hexed = re.fullmatch(r"(0x)?[0-9a-fA-F]{64}", text)
    raw = bytes.fromhex(text.removeprefix("0x")) if hexed else base64.b64decode(text, validate=True)
    if len(raw) != 32:
        raise ValueError(len(raw))
    return raw


def listen(text: str) -> tuple[str, int]:
    """Host and port; an empty host means every interface."""
    host, colon, port = text.rpartition(":")
    if not colon or not re.fullmatch(r"[0-9]{1,5}", port) or not 0 < int(port) < 65536:
        raise ValueError(text)
    return host.strip("[]") or "0.0.0.0", int(port)  # noqa: S104 - ":8080" is how people ask for every interface


def matching(pattern: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(text)
        return text

    return parse


def urls(text: str) -> tuple[str, ...]:
    return tuple(matching(r"https?://\S+")(part.strip()) for part in text.split(","))


def finality(text: str) -> str | int:
    return int(text) if text.isascii() and text.isdigit() else matching("finalized|latest")(text)


def number(low: float, high: float, kind: type = int, unit: str = "seconds") -> Kind:
    def parse(text: str) -> Any:
        value = kind(text)
        if not low <= value <= high:
            raise ValueError(text)
        return value

    return Kind(parse, f"{f'{unit}, ' if kind is float else ''}{low} to {high}")


_LABEL = "[a-z0-9]([a-z0-9-]*[a-z0-9])?"

DATABASE = Kind(matching(r"postgres(ql)?(\+psycopg)?://\S+"), "postgresql://user:password@host/database")
URLS = Kind(urls, "http(s)://…, several with commas between")
URL = Kind(matching(r"https?://\S+"), "http(s)://…")
STREAM = Kind(matching(r"wss?://\S+"), "ws(s)://…")
ORIGIN = Kind(matching(rf"{_LABEL}(\.{_LABEL})*(/[a-z0-9._-]+)*"), "a host and a path, such as example.com/lotproof")
FINALITY = Kind(finality, "finalized, latest or a number of blocks")
LISTEN = Kind(listen, "host:port")
ADDRESS = Kind(matching(r"0x[0-9a-fA-F]{40}"), "an address, 0x and 40 hex digits")
KEY = Kind(key32, "32 bytes in base64 or hex")
REQUESTS = number(0, 1_000_000, float, "requests a second")
YES = Kind(lambda text: matching("1")(text) == "1", "1")
FOLDER = Kind(matching(r"/\S[^\0]*"), "the full path of a folder")
FILE = Kind(matching(r"/\S[^\0]*"), "the full path of a file")
PASSPHRASE = Kind(matching(r"[^\0\n]{1,1024}"), "a line of text")
API_KEY = Kind(matching(r"lpk_[A-Za-z0-9_-]{32,}"), "lpk_ and at least 32 letters, digits, - or _")

VARIABLES = (
    Variable(
        "LOTPROOF_DATABASE_URL", "database_url", DATABASE, "PostgreSQL 15 or newer; if absent, `up` runs its own", True
    ),
    Variable(
        "LOTPROOF_WEB_DATABASE_URL", "web_database_url", DATABASE,
        "the same database as the web process logs in; `migrate` makes that login", True,
    ),
    Variable(
        "LOTPROOF_WORKER_DATABASE_URL", "worker_database_url", DATABASE,
        "the same database as the worker logs in; `migrate` makes that login", True,
    ),
    Variable(
        "LOTPROOF_RPC_URL", "rpc_urls", URLS,
        "the chain's JSON-RPC: the first sends, all must agree before an anchor is final; if absent, `up` runs Anvil",
    ),
    Variable("LOTPROOF_ORIGIN", "origin", ORIGIN, "the log's name, part of every record: choose once, never change"),
    Variable(
        "LOTPROOF_FINALITY", "finality", FINALITY, "when an anchor is final: finalized, where the chain has that tag"
    ),
    Variable("LOTPROOF_LISTEN", "listen", LISTEN, "where the web process listens; 127.0.0.1:8080"),
    Variable("LOTPROOF_PUBLIC_URL", "public_url", URL, "how others reach the web process; from LOTPROOF_LISTEN"),
    Variable(
        "LOTPROOF_STREAM_LISTEN", "stream_listen", LISTEN,
        "where the web process listens for WebSockets (streams of EPCIS events); without it there are none; `up` takes "
        "the port behind LOTPROOF_LISTEN",
    ),
    Variable(
        "LOTPROOF_STREAM_URL", "stream_url", STREAM,
        "how others open WebSockets; without a proxy that leads them there: from LOTPROOF_STREAM_LISTEN",
    ),
    Variable(
        "LOTPROOF_ATTACHMENTS_DIR", "attachments_dir", FOLDER, "where files of quarantine cases are kept; back it up"
    ),
    Variable("LOTPROOF_WEB_PROCESSES", "web_processes", number(1, 64), "worker processes of the web server; 2"),
    Variable("LOTPROOF_WEB_THREADS", "web_threads", number(1, 256), "threads in each, about as many connections; 16"),
    Variable(
        "LOTPROOF_SLOW_AFTER", "slow_after", number(1, 3600, float),
        "how long a caller may take to send a body or to take an answer, and a second more for each 8 kB; 20",
    ),
    Variable(
        "LOTPROOF_PROXIES", "proxies", number(0, 8, int, "proxies"),
        "how many proxies stand before the web process and set X-Forwarded-For and -Proto; without them nobody's word "
        "is taken for where a request comes from; 0",
    ),
    Variable(
        "LOTPROOF_RATE_KEY", "rate_key", REQUESTS,
        "requests a second with one API key, five times as many at once; 0 is no limit, here and below; 100",
    ),
    Variable("LOTPROOF_RATE_PARTY", "rate_party", REQUESTS, "the same for all keys of a party together; 200"),
    Variable(
        "LOTPROOF_RATE_PROOFS", "rate_proofs", REQUESTS, "proofs, receipts and certificates of a party, apart; 100"
    ),
    Variable("LOTPROOF_RATE_COSTLY", "rate_costly", REQUESTS, "reports, traces and imports of a party; 20"),
    Variable(
        "LOTPROOF_RATE_ADDRESS", "rate_address", REQUESTS,
        "public pages, tiles and shared lots, for one address; also what it may try in keys that open nothing; 300",
    ),
    Variable(
        "LOTPROOF_ANCHOR_INTERVAL", "anchor_interval", number(0.1, 86400, float), "least time between two anchors; 5"
    ),
    Variable(
        "LOTPROOF_LATE_AFTER", "late_after", number(10, 604800, float),
        "an alarm when a checkpoint waits longer for its anchor; 120, at least three anchor intervals",
    ),
    Variable(
        "LOTPROOF_FEE_CAP", "fee_cap", number(1, 1_000_000, float, "gwei"),
        "the most that a unit of gas may cost; above it anchoring waits and says so; 500",
    ),
    Variable(
        "LOTPROOF_GAS_CAP", "gas_cap", number(120_000, 10_000_000, int, "gas"),
        "the most that one anchor may use; usual are 45,000 to 116,000; 400000",
    ),
    Variable(
        "LOTPROOF_FEW_ANCHORS", "few_anchors", number(1, 1_000_000, int, "anchors"),
        "an alarm when the account pays for fewer anchors than this, long before it pays for none; 100",
    ),
    Variable(
        "LOTPROOF_BUMP_AFTER", "bump_after", number(1, 86400, float),
        "an anchor that is not mined after so long is sent again with a higher fee; 60",
    ),
    Variable(
        "LOTPROOF_LASTSIGNED_DIR", "lastsigned_dir", FOLDER,
        "where the worker keeps the newest signed checkpoint outside the database, on another disk if there is one",
    ),
    Variable(
        "LOTPROOF_GUARDIAN", "guardian", ADDRESS,
        "who may replace the anchorer and open epochs; needed once, when the contract is deployed",
    ),
    Variable("LOTPROOF_LOG_KEY", "log_key", KEY, "Ed25519 seed with which the worker signs checkpoints", True),
    Variable(
        "LOTPROOF_LOG_PUBLIC_KEY", "log_public_key", KEY,
        "the public half, for processes that only tell it; follows from LOTPROOF_LOG_KEY where that is given",
    ),
    Variable(
        "LOTPROOF_LOG_KEYSTORE", "LOTPROOF_LOG_KEYSTORE", FILE,
        "that key in an encrypted PKCS#8 file instead (./lotproof keys log makes it)",
    ),
    Variable(
        "LOTPROOF_LOG_PASSPHRASE", "LOTPROOF_LOG_PASSPHRASE", PASSPHRASE, "opens LOTPROOF_LOG_KEYSTORE", True
    ),
    Variable(
        "LOTPROOF_LOG_KEY_BEFORE", "log_key_before", KEY,
        "the public key that signed before, named once when the log key is replaced",
    ),
    Variable("LOTPROOF_KEK", "kek", KEY, "key under which the parties' private keys are stored", True),
    Variable(
        "LOTPROOF_KEK_BEFORE", "kek_before", KEY,
        "the key before it, which still opens them until ./lotproof keys rewrap is done", True,
    ),
    Variable(
        "LOTPROOF_ANCHORER_KEY", "anchorer_key", KEY,
        "secp256k1 key with which the worker signs and pays for anchors", True,
    ),
    Variable(
        "LOTPROOF_ANCHORER_KEYSTORE", "LOTPROOF_ANCHORER_KEYSTORE", FILE,
        "that key in a Web3 Secret Storage file instead (./lotproof keys anchorer makes it)",
    ),
    Variable(
        "LOTPROOF_ANCHORER_PASSPHRASE", "LOTPROOF_ANCHORER_PASSPHRASE", PASSPHRASE,
        "opens LOTPROOF_ANCHORER_KEYSTORE", True,
    ),
    Variable(
        "LOTPROOF_WEBHOOK_KEY", "webhook_key", KEY,
        "key under which the secrets of webhooks are stored; without it there are none", True,
    ),
    Variable(
        "LOTPROOF_WEBHOOKS_LOCAL", "webhooks_local", YES,
        "1 lets webhooks, and OpenID providers, lead to this machine, over http: for tests and development",
    ),
    Variable("LOTPROOF_OPERATOR_KEY", "operator_key", API_KEY, "the operator's API key, the first there is", True),
    Variable(
        "LOTPROOF_METRICS_KEY", "metrics_key", API_KEY, "the key that reads GET /metrics, and nothing else", True
    ),
)  # fmt: skip
