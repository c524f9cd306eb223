"""The parts of the embedded stack and the order in which they start.

    postgres ┐            ┌ web
             ├─ migrate ──┤
    chain    ┘            └ worker (deploys the contract first, once)

Each part gets only the secrets it needs: the web process cannot sign for the log, the worker cannot open the parties'
keys. Each logs in to the database as a user of its own.
"""

import contextlib
import errno
import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO

import psycopg

from service.local import child, embedded, keeper, orphans, place, postgres, rpc
from service.local.embedded import Stack
from service.local.errors import SetupError
from service.local.supervisor import Part, Supervisor
from service.roles import logins
from service.roles.mark import GRANTED, mark
from service.settings import Settings, listen, local_url
from service.sources import ENDINGS

Say = Callable[[str], None]
EVERY_SECRET = (*embedded.SECRETS.values(), "LOTPROOF_KEK_BEFORE", *embedded.KEYSTORES)
WITHHELD = {
    "web": ("LOTPROOF_LOG_KEY", "LOTPROOF_ANCHORER_KEY", *embedded.KEYSTORES),
    "worker": (
        *("LOTPROOF_KEK", "LOTPROOF_KEK_BEFORE", "LOTPROOF_OPERATOR_KEY", "LOTPROOF_METRICS_KEY"),
        "LOTPROOF_LOG_PUBLIC_KEY",  # follows from its own
    ),
    "chain": EVERY_SECRET,
    "migrate": EVERY_SECRET,
}
COMMAND = [sys.executable, "-P", "-m", "service.cli"]


def claim(stack: Stack, url: str) -> IO[str]:
    """Be the only one who runs this stack, until the process ends; the returned lock must be kept."""
    lock = open(stack.run("up.lock"), "a+")  # noqa: SIM115 - held while we live
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as taken:
        if taken.errno not in (errno.EAGAIN, errno.EACCES):
            raise
        lock.seek(0)
        with contextlib.suppress(ValueError):
            running = json.loads(lock.read())
            raise SetupError(
                f"already running: process {running['pid']} serves {running['url']} from this checkout"
            ) from None
        raise SetupError("another ./lotproof up runs in this checkout") from None
    lock.truncate(0)
    lock.write(json.dumps({"pid": os.getpid(), "url": url}))
    lock.flush()
    return lock


def start(supervisor: Supervisor, stack: Stack, environ: Mapping[str, str], settings: Settings, say: Say) -> None:
    """Start everything that is not given from outside; return when requests are answered and the worker has compared
    the database with the chain, so that movements may be recorded (`halted` tells whether an alarm forbids it)."""
    orphans.wake(orphans.working_in(place.cluster_in(stack.data, stack.identity).data))
    if left := orphans.stop_marked(stack.identity):
        say(f"stopped {left} processes that an earlier run left behind")
    first = []
    if embedded.own_chain(os.environ):
        first.append(_chain(stack, environ))
        supervisor.launch(first[-1])
    demand_free(settings.host, settings.port, "LOTPROOF_LISTEN")
    if embedded.own_database(os.environ):
        first.append(_database(stack, say))
        supervisor.launch(first[-1])
    supervisor.await_ready(*first)
    if first:
        say(" and ".join(part.name for part in first) + " ready")
    if embedded.own_database(os.environ):
        postgres.create_database(place.cluster_in(stack.data, stack.identity), "lotproof")
    if not migrated(settings.database_url, *_logins(settings)):
        step("migrate", environ)
    last = [_worker(stack, environ), _web(stack, environ, settings)]
    for part in last:
        supervisor.launch(part)
    supervisor.await_ready(*last)
    say("web and worker ready")


def _logins(settings: Settings) -> list[str]:
    known = logins.named(settings.web_database_url, settings.worker_database_url, settings.database_url)
    return [login.name for login in known]


def migrated(url: str, *names: str) -> bool:
    """Whether the schema is the newest, the list of grants was granted and the logins of these names exist.

    Told by a few queries: loading the migrations themselves takes a second or two.
    """
    newest = max(path.name[:4] for path in (embedded.ROOT / "service/migrations/versions").glob("[0-9]*.py"))
    try:
        opened = psycopg.connect(url.replace("+psycopg", ""), connect_timeout=10)
    except psycopg.OperationalError as away:
        raise SetupError(f"the database of LOTPROOF_DATABASE_URL does not answer: {str(away).strip()}") from None
    with opened as connection:
        if connection.execute("SELECT to_regclass('alembic_version')").fetchone() == (None,):
            return False
        found = connection.execute("SELECT count(*) FROM pg_roles WHERE rolname = ANY(%s)", (list(names),)).fetchone()
        return (
            found == (len(names),)
            and connection.execute("SELECT version_num FROM alembic_version").fetchall() == [(newest,)]
            and connection.execute(GRANTED).fetchone() == (mark(),)
        )


def halted(url: str) -> str | None:
    """The alarm that keeps the ledger read-only, in words; None if movements may be recorded."""
    with psycopg.connect(url.replace("+psycopg", ""), connect_timeout=10) as connection:
        found = connection.execute(
            "SELECT kind || ': ' || detail FROM ledger.alarm WHERE cleared_at IS NULL AND halts ORDER BY id LIMIT 1"
        ).fetchone()
    return found and str(found[0])


def step(command: str, environ: Mapping[str, str]) -> None:
    """Run one command to its end; what it says goes to the user's terminal."""
    done = subprocess.run(
        [*COMMAND, command],
        env=environment_of(command, environ),
        stdin=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C is the supervisor's to hear
        preexec_fn=child.die_with_parent,
    )
    if done.returncode:
        raise SetupError(f"the step {command} failed, see above")


def demand_free(host: str, port: int, variable: str) -> None:
    """Raise SetupError, naming the variable to set, if somebody listens there already."""
    reason = taken(host, port)
    if reason is not None:
        raise SetupError(f"{reason}. Choose another port: {variable}={host}:{port + 1} ./lotproof up")


def taken(host: str, port: int) -> str | None:
    """Why nobody can listen there now; None if one can."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as refused:
            if refused.errno == errno.EADDRINUSE:
                return f"another program listens on {host}:{port}"
            return f"cannot listen on {host}:{port} ({refused.strerror})"
    return None


def with_streams(environ: dict[str, str]) -> dict[str, str]:
    """Also with a port for WebSockets: the first that is free behind the web process's."""
    if environ.get("LOTPROOF_STREAM_LISTEN"):
        return environ
    host, port = listen(environ.get("LOTPROOF_LISTEN") or "127.0.0.1:8080", "LOTPROOF_LISTEN")
    others = range(port + 1, min(port + 50, 65536))
    chain = embedded.chain_listen(environ)[1]
    found = next((each for each in others if each != chain and taken(host, each) is None), None)
    return environ if found is None else {**environ, "LOTPROOF_STREAM_LISTEN": f"{host}:{found}"}


def _database(stack: Stack, say: Say) -> Part:
    cluster = place.cluster_in(stack.data, stack.identity)
    if place.outside(cluster, stack.data):
        say(f"the database lives in {cluster.data.parent}: the user {cluster.user.pw_name} cannot enter {stack.data}")
    if not cluster.data.exists():
        say("making the database")
        postgres.initialise(cluster)
    log = stack.log("postgres")

    return Part(
        "postgres", lambda: postgres.launch(cluster, log), lambda: postgres.answers(cluster), log, signal.SIGINT
    )


def _chain(stack: Stack, environ: Mapping[str, str]) -> Part:
    host, port = embedded.chain_listen(environ)
    demand_free(host, port, "LOTPROOF_CHAIN_LISTEN")
    argv = [*COMMAND, "chain", "--folder", str(stack.data / "chain"), "--host", host, "--port", str(port)]

    def answers() -> bool:
        with contextlib.suppress(OSError, rpc.RpcError):
            return int(rpc.call(environ["LOTPROOF_RPC_URL"], "eth_blockNumber"), 16) >= keeper.AFTER_START
        return False

    return _process("chain", argv, stack, environ, answers)


def _web(stack: Stack, environ: Mapping[str, str], settings: Settings) -> Part:
    url = local_url(settings.host, settings.port) + "/healthz"

    def answers() -> bool:
        with (
            contextlib.suppress(OSError),
            urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=5) as answer,
        ):
            return bool(answer.status == 200)
        return False

    return _process("web", [*COMMAND, "web"], stack, environ, answers)


def _worker(stack: Stack, environ: Mapping[str, str]) -> Part:
    flag = stack.run("worker.ready")
    flag.unlink(missing_ok=True)
    return _process("worker", [*COMMAND, "worker", "--deploy", "--ready-file", str(flag)], stack, environ, flag.exists)


def _process(name: str, argv: list[str], stack: Stack, environ: Mapping[str, str], ready: Callable[[], bool]) -> Part:
    log, own = stack.log(name), environment_of(name, environ)
    return Part(name, lambda: child.start(argv, log=_fresh(log), env=own), ready, log)


def _fresh(log: Path, limit: int = 20_000_000) -> Path:
    """A log that has grown large is put aside once."""
    with contextlib.suppress(OSError):
        if log.stat().st_size > limit:
            log.replace(log.with_suffix(".old.log"))
    return log


def environment_of(part: str, environ: Mapping[str, str]) -> dict[str, str]:
    """The environment of a part, without the secrets that are none of its business, and with its own database login."""
    withheld = {name + ending for name in WITHHELD.get(part, ()) for ending in ("", *ENDINGS)}
    given = {name: value for name, value in environ.items() if name not in withheld}
    return given if part == "migrate" else _logged_in(part, given)


def _logged_in(part: str, given: dict[str, str]) -> dict[str, str]:
    """The URL of this part's own login, where there is one, in place of all the URLs."""
    kinds = ("LOTPROOF_DATABASE_URL", *(f"LOTPROOF_{each}_DATABASE_URL" for each in ("WEB", "WORKER")))
    names = (f"{kind}{ending}" for kind in kinds for ending in ("", *ENDINGS))
    urls = {name: given.pop(name) for name in names if name in given}
    for kind in (f"LOTPROOF_{part.upper()}_DATABASE_URL", "LOTPROOF_DATABASE_URL"):
        for ending in ("", *ENDINGS):
            if kind + ending in urls:
                return given | {f"LOTPROOF_DATABASE_URL{ending}": urls[kind + ending]}
    return given
