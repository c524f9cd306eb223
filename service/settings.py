"""Settings: read once from the environment, checked, and then a frozen value that is passed around.

`variables` is the whole list (`./lotproof settings` prints it). Nothing secret has a default: a missing key is an
error that names the variable. The embedded stack fills in what is absent (see `service.local.embedded`).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from service import variables
from service.keys.given import open_keystores
from service.sources import ENDINGS, Unreadable, text_of
from service.variables import VARIABLES, Variable


class SettingsError(Exception):
    """A variable is missing or wrong; the text names it and says what was expected and, of no secret, what was seen."""


Finality = str | int


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that differs between two installations. What a process was not given is None or empty there."""

    database_url: str = field(default="", repr=False)  # it may hold a password
    origin: str = ""
    rpc_urls: tuple[str, ...] = field(default=(), repr=False)  # many providers put the customer's key there
    finality: Finality = "finalized"
    host: str = "127.0.0.1"
    port: int = 8080
    public_url: str = ""
    stream_listen: tuple[str, int] | None = None
    stream_url: str | None = None
    web_processes: int = 2
    web_threads: int = 16
    anchor_interval: float = 5.0
    late_after: float = 120.0
    fee_cap: float = 500.0
    gas_cap: int = 400_000
    few_anchors: int = 100
    bump_after: float = 60.0
    lastsigned_dir: str | None = None
    guardian: str | None = None
    attachments_dir: str | None = None
    log_public_key: bytes | None = None
    log_key: bytes | None = field(default=None, repr=False)
    kek: bytes | None = field(default=None, repr=False)
    anchorer_key: bytes | None = field(default=None, repr=False)
    log_key_before: bytes | None = None
    kek_before: bytes | None = field(default=None, repr=False)
    operator_key: str | None = field(default=None, repr=False)
    metrics_key: str | None = field(default=None, repr=False)
    webhook_key: bytes | None = field(default=None, repr=False)
    web_database_url: str | None = field(default=None, repr=False)
    worker_database_url: str | None = field(default=None, repr=False)
    webhooks_local: bool = False
    rate_key: float = 100.0
    rate_party: float = 200.0
    rate_proofs: float = 100.0
    rate_costly: float = 20.0
    rate_address: float = 300.0
    proxies: int = 0
    slow_after: float = 20.0


def load(environ: Mapping[str, str], need: Collection[str] = ("database_url", "origin")) -> Settings:
    """The settings in `environ`; SettingsError tells all wrong variables, and all missing ones of `need`, at once."""
    found: dict[str, Any] = {"listen": ("127.0.0.1", 8080)}
    wrong: dict[str, str] = {}
    for variable in VARIABLES:
        try:
            _read(variable, environ, found)
        except SettingsError as fault:
            wrong[variable.field] = str(fault)
    wrong |= open_keystores(found, need)
    wrong |= {} if "log_key" in wrong else _public_half(found, need)
    for variable in VARIABLES:
        if variable.field in need and variable.field not in found.keys() | wrong.keys():
            expects = f"expected {variable.kind.expects} ({variable.meaning})"
            wrong[variable.field] = f"{named(variable)} is not set: {expects}"
    if wrong:
        raise SettingsError("\n".join(wrong.values()))
    return _complete(found)


def _public_half(found: dict[str, Any], need: Collection[str]) -> dict[str, str]:
    """Fill in the public half of the log key; what is wrong if another one was given to who needs either."""
    follows = public_half(found["log_key"]) if "log_key" in found else None
    if follows is None or found.setdefault("log_public_key", follows) == follows:
        return {}
    if not {"log_key", "log_public_key"} & set(need):
        return {}
    return {"log_public_key": "LOTPROOF_LOG_PUBLIC_KEY: expected the public half of the log key given, got another key"}


def _complete(found: dict[str, Any]) -> Settings:
    """With what follows from what was given."""
    host, port = found.pop("listen")
    found.setdefault("public_url", local_url(host, port))
    if "stream_listen" in found:
        found.setdefault("stream_url", local_url(*found["stream_listen"]).replace("http", "ws", 1))
    known = {f.name for f in fields(Settings)}
    return Settings(host=host, port=port, **{name: value for name, value in found.items() if name in known})


def _read(variable: Variable, environ: Mapping[str, str], found: dict[str, Any]) -> None:
    try:
        text, where = text_of(variable.name, environ, variable.secret)
    except Unreadable as fault:
        raise SettingsError(str(fault)) from None
    if not text:
        return
    try:
        found[variable.field] = variable.kind.parse(text)
    except ValueError:
        hidden = variable.secret or variable.kind is variables.URLS  # a node's URL may hold a customer's key
        seen = f"{len(text)} characters that are not" if hidden else repr(text)
        raise SettingsError(f"{where}: expected {variable.kind.expects}, got {seen}") from None


def named(variable: Variable) -> str:
    """The variable as people may set it."""
    return f"{variable.name} (or {', '.join(f'…{ending}' for ending in ENDINGS)})" if variable.secret else variable.name


def listen(text: str, variable: str) -> tuple[str, int]:
    """The address in `text`; SettingsError naming `variable` if it is none."""
    try:
        return variables.listen(text)
    except ValueError:
        raise SettingsError(f"{variable}: expected host:port, got {text!r}") from None


def local_url(host: str, port: int) -> str:
    """How this machine reaches a server that listens on `host`:`port`."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - every interface includes this one
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def public_half(seed: bytes) -> bytes:
    """The Ed25519 public key of a seed."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
