"""The state folder `.data/`: what the embedded stack is called, its secrets, and the environment it fills in.

    .data/id          random name of this stack; marks its processes and its folders outside the checkout
    .data/secrets/    keys, made once (0600): of log, key store, anchorer, guardian, operator
    .data/pg/         the database          .data/chain/   the chain
    .data/log/        what the parts say    .data/run/     who runs now
    .data/attachments/   files of quarantine cases     .data/lastsigned/   what the log signed last

What the user's environment sets always wins; only what is absent is filled in.
"""

import base64
import os
import secrets
import shutil
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from service import settings
from service.keys.given import KEPT
from service.local import orphans, place
from service.local.errors import SetupError
from service.roles.logins import WEB_LOGIN, WORKER_LOGIN
from service.settings import Settings
from service.sources import ENDINGS

ROOT = Path(__file__).parents[2]
ORIGIN = "lotproof.localhost/log"
CHAIN_LISTEN = "127.0.0.1:8545"

# What concerns only the embedded stack; everything else stands in settings.VARIABLES.
VARIABLES = (
    ("LOTPROOF_DATA", "folder of the embedded stack's state; .data in the checkout"),
    ("LOTPROOF_CHAIN_LISTEN", f"where the embedded chain listens; {CHAIN_LISTEN}"),
    ("LOTPROOF_PG_BIN", "folder with postgres and initdb, instead of the packaged ones"),
    ("LOTPROOF_ANVIL_BIN", "path of anvil, instead of the packaged one"),
)

SECRETS = {
    "log.key": "LOTPROOF_LOG_KEY",
    "kek.key": "LOTPROOF_KEK",
    "anchorer.key": "LOTPROOF_ANCHORER_KEY",
    "operator.key": "LOTPROOF_OPERATOR_KEY",
    "webhook.key": "LOTPROOF_WEBHOOK_KEY",
    "metrics.key": "LOTPROOF_METRICS_KEY",
}
KEYSTORES = tuple(name for kept in KEPT for name in (kept.keystore, kept.passphrase))
LATER = ("webhook.key", "metrics.key")  # younger than the others, and no record depends on them

PUBLIC = {
    "log.public": "LOTPROOF_LOG_PUBLIC_KEY",
    "guardian.address": "LOTPROOF_GUARDIAN",
}


@dataclass(frozen=True, slots=True)
class Stack:
    """The state folder of one checkout."""

    data: Path
    identity: str

    @property
    def secrets(self) -> Path:
        return self.data / "secrets"

    def log(self, part: str) -> Path:
        return self.data / "log" / f"{part}.log"

    def run(self, name: str) -> Path:
        return self.data / "run" / name


def data_folder(environ: Mapping[str, str]) -> Path:
    return Path(environ.get("LOTPROOF_DATA") or ROOT / ".data").absolute()


def opened(environ: Mapping[str, str]) -> Stack:
    """The stack of this checkout; made now if there is none."""
    data = data_folder(environ)
    try:
        return _opened(data)
    except OSError as refused:
        raise SetupError(
            f"cannot use the state folder {data}: {refused.strerror} ({refused.filename}). Run as its owner, make room "
            "where the disk is full, or name another folder in LOTPROOF_DATA"
        ) from None


def _opened(data: Path) -> Stack:
    data.mkdir(parents=True, exist_ok=True)
    # As root the database's user must pass through; each folder inside is closed by its own mode.
    data.chmod(0o711 if os.geteuid() == 0 else 0o700)
    for name in ("log", "run"):
        (data / name).mkdir(mode=0o700, exist_ok=True)
    if not (data / "id").exists():
        _write(data / "id", secrets.token_hex(6))
    stack = Stack(data, (data / "id").read_text().strip())
    _secrets(stack)
    return stack


def _secrets(stack: Stack) -> None:
    """Make all secrets together or none; never replace a lost one, for a log does not go on under another key."""
    wanted = {*SECRETS, *PUBLIC, "guardian.key"}
    if not stack.secrets.exists():
        if (stack.data / "chain").exists() or (stack.data / "pg").exists():
            raise SetupError(
                f"{stack.secrets} is gone, but the records made with these keys are still in {stack.data}. "
                f"Restore the folder from a backup; or move {stack.data} away to begin a new, empty log"
            )
        half = stack.data / "secrets.half"
        shutil.rmtree(half, ignore_errors=True)
        half.mkdir(mode=0o700)
        for name, text in new_secrets().items():
            _write(half / name, text)
        half.rename(stack.secrets)
    made = new_secrets() if any(not (stack.secrets / name).exists() for name in LATER) else {}
    for name in LATER:
        if not (stack.secrets / name).exists():
            _write(stack.secrets / name, made[name])
    if missing := sorted(name for name in wanted if not (stack.secrets / name).exists()):
        raise SetupError(
            f"{stack.secrets / missing[0]} is missing: restore it from a backup; a new one would not fit the records"
        )


def new_secrets() -> dict[str, str]:
    """Fresh keys, by the names of their files."""
    log, guardian = secrets.token_bytes(32), secrets.token_bytes(32)
    return {
        "log.key": base64.b64encode(log).decode(),
        "log.public": base64.b64encode(settings.public_half(log)).decode(),
        "kek.key": _key(),
        "webhook.key": _key(),
        "anchorer.key": "0x" + secrets.token_hex(32),
        "operator.key": "lpk_" + secrets.token_urlsafe(32),
        "metrics.key": "lpk_" + secrets.token_urlsafe(32),
        "guardian.key": "0x" + guardian.hex(),
        "guardian.address": _address(guardian),
    }


def _key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def _address(key: bytes) -> str:
    from eth_keys.datatypes import PrivateKey  # only at the very first start: 0.2 s

    return PrivateKey(key).public_key.to_checksum_address()


def _write(path: Path, text: str) -> None:
    half = path.with_name(path.name + ".half")
    with open(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        out.write(text + "\n")
        out.flush()
        os.fsync(out.fileno())
    half.replace(path)


def environment(stack: Stack, environ: Mapping[str, str]) -> dict[str, str]:
    """`environ` with everything filled in that the parts of the stack need."""
    filled = dict(environ) | {orphans.MARK: stack.identity, "LOTPROOF_DATA": str(stack.data)}
    filled.setdefault("LOTPROOF_ORIGIN", ORIGIN)
    filled.setdefault("LOTPROOF_ATTACHMENTS_DIR", str(stack.data / "attachments"))
    filled.setdefault("LOTPROOF_LASTSIGNED_DIR", str(stack.data / "lastsigned"))
    for name, variable in PUBLIC.items():
        if variable == "LOTPROOF_LOG_PUBLIC_KEY" and _given(environ, "LOTPROOF_LOG_KEY"):
            continue  # it follows from the key that was given
        filled.setdefault(variable, (stack.secrets / name).read_text().strip())
    for name, variable in SECRETS.items():
        if not _given(environ, variable) and not (variable == "LOTPROOF_LOG_KEY" and _of_another_log(stack, environ)):
            filled[f"{variable}_FILE"] = str(stack.secrets / name)
    if own_database(environ):
        cluster = place.cluster_in(stack.data, stack.identity)
        filled["LOTPROOF_DATABASE_URL"] = cluster.url()
        filled["LOTPROOF_WEB_DATABASE_URL"] = cluster.url(login=WEB_LOGIN)
        filled["LOTPROOF_WORKER_DATABASE_URL"] = cluster.url(login=WORKER_LOGIN)
    if own_chain(environ):
        host, port = chain_listen(environ)
        filled["LOTPROOF_RPC_URL"] = settings.local_url(host, port)
    return filled


def _of_another_log(stack: Stack, environ: Mapping[str, str]) -> bool:
    """Whether the public key that was given is not ours: then our private one is none of its business."""
    given = environ.get("LOTPROOF_LOG_PUBLIC_KEY", "")
    return bool(given) and given.strip() != (stack.secrets / "log.public").read_text().strip()


def own_database(environ: Mapping[str, str]) -> bool:
    return not _given(environ, "LOTPROOF_DATABASE_URL")


def _given(environ: Mapping[str, str], variable: str) -> bool:
    sources = (variable, *(f"{variable}{ending}" for ending in ENDINGS), variable.replace("_KEY", "_KEYSTORE"))
    return any(environ.get(name) for name in sources)


def own_chain(environ: Mapping[str, str]) -> bool:
    return not environ.get("LOTPROOF_RPC_URL")


def chain_listen(environ: Mapping[str, str]) -> tuple[str, int]:
    return settings.listen(environ.get("LOTPROOF_CHAIN_LISTEN") or CHAIN_LISTEN, "LOTPROOF_CHAIN_LISTEN")


def load(need: Collection[str]) -> Settings:
    """The settings of a command: from the environment, and from `.data` where this checkout runs its own stack.

    A part of a running stack has been given what it needs; filling in would give it the secrets of the others.
    """
    environ: Mapping[str, str] = os.environ
    if orphans.MARK not in environ and _runs_here(data_folder(environ)):
        environ = environment(opened(environ), environ)
    return settings.load(environ, need)


def _runs_here(data: Path) -> bool:
    """Whether this checkout has a stack; one that we may not look into counts, so that opening it tells why."""
    try:
        return (data / "secrets").exists()
    except PermissionError:
        return True
