"""Where the embedded PostgreSQL lives: inside the checkout, or beside it when its user cannot come in.

As root, PostgreSQL runs as another user. Under a private home folder (0700) that user reaches neither the programs
nor the files, and opening root's home to the world is no answer. Then the programs are copied once (38 MB) and the
files are kept under /var/lib/lotproof/, in a folder named after the checkout's own random id, so that a new checkout
at the same path never finds the database of an old one.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

from service.local import child, postgres
from service.local.errors import SetupError
from service.local.postgres import Cluster

SHARED = Path("/var/lib/lotproof")


def cluster_in(stack: Path, identity: str) -> Cluster:
    """The cluster of the stack whose state is in `stack`; `identity` names it in folders outside the checkout."""
    user = postgres.service_user()
    home = _home(stack, identity, user)
    return Cluster(programs(user), home / "data", socket_folder(home / "socket", identity), user)


def _home(stack: Path, identity: str, user: pwd.struct_passwd | None) -> Path:
    """Where the database is; if there is none yet, where it should be. A mode may change, the place may not."""
    inside, beside = stack / "pg", SHARED / identity
    for home in (inside, beside):
        if (home / "data").exists():
            return home
    return inside if reachable(stack, user) else beside


def outside(cluster: Cluster, stack: Path) -> bool:
    """Whether the database had to go elsewhere; then its folder is made, with a word for whoever finds it."""
    home = cluster.data.parent
    if home == stack / "pg":
        if not reachable(stack, cluster.user):
            assert cluster.user is not None
            raise SetupError(
                f"the database is in {home}, which its user {cluster.user.pw_name} cannot enter any more: "
                f"make the folders above {stack} enterable again (mode o+x), or run as their owner"
            )
        return False
    _public(SHARED)
    _public(home)
    (home / "README").write_text(f"The database of the Lotproof checkout with the state folder {stack}\n")
    return True


def programs(user: pwd.struct_passwd | None) -> Path:
    """A folder with PostgreSQL's programs which `user` can execute: the installed one, else a copy of it."""
    installed = postgres.binaries()
    if user is None or _runs(installed, user):
        return installed
    argv = [installed / "postgres", "--version"]
    version = subprocess.run(argv, capture_output=True, text=True, check=True).stdout.split()[2]
    copy = SHARED / f"postgresql-{version}"
    found = copy / installed.relative_to(installed.parents[2])
    if not _runs(found, user):
        _copy(installed.parent, copy)
    return found


def _copy(server: Path, copy: Path) -> None:
    """Copy the server whole or not at all, with the shared libraries that a wheel keeps beside its package."""
    _public(SHARED)
    half = Path(tempfile.mkdtemp(prefix=".half-", dir=SHARED))
    shutil.copytree(server, half / server.parent.name / server.name, symlinks=True)
    libraries = server.parent.with_name(server.parent.name + ".libs")
    if libraries.exists():
        shutil.copytree(libraries, half / libraries.name)
    half.chmod(0o755)
    shutil.rmtree(copy, ignore_errors=True)
    try:
        half.rename(copy)
    except OSError:  # another start was quicker
        shutil.rmtree(half)


def reachable(folder: Path, user: pwd.struct_passwd | None) -> bool:
    """Whether `user` can come into `folder`; tried, not computed from mode bits (access lists, mounts)."""
    return user is None or _succeeds(["/bin/sh", "-c", 'cd -- "$0"', str(folder)], user)


def socket_folder(wanted: Path, identity: str) -> Path:
    """`wanted`, or a short folder where the path would be too long for a Unix socket (107 bytes)."""
    if len(os.fsencode(wanted)) <= postgres.SOCKET_FOLDER_LIMIT:
        return wanted
    return Path(tempfile.gettempdir(), f"lotproof-{os.geteuid()}-{identity}")


def _public(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)
    except OSError as refused:
        raise SetupError(
            f"PostgreSQL cannot run as root, its user cannot enter this checkout, and {folder} cannot be made "
            f"({refused.strerror}): run as an ordinary user, or put the checkout where every user may enter"
        ) from None


def _runs(folder: Path, user: pwd.struct_passwd) -> bool:
    """Whether `user` can execute the programs in `folder`, with the libraries they need."""
    return all(_succeeds([folder / name, "--version"], user) for name in ("postgres", "initdb"))


def _succeeds(argv: list[str | Path], user: pwd.struct_passwd) -> bool:
    try:
        return subprocess.run(argv, capture_output=True, cwd="/", **child.as_user(user)).returncode == 0  # type: ignore[call-overload, no-any-return]
    except OSError:  # PermissionError: the program itself is out of reach
        return False
