"""The folder in which the processes of one web server keep their counters together.

It must be known before prometheus_client is loaded, and is empty at each start: counters begin at 0 with the server, as
everywhere. Files of a process that ended still count, except those of gauges, which tell of the living only.
"""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"


@contextlib.contextmanager
def counters(place: Path | None) -> Iterator[None]:
    """Let every process that is forked inside count into one folder: `place`, emptied first, or a temporary one."""
    folder = place or Path(tempfile.mkdtemp(prefix="lotproof-metrics-"))
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.environ[VARIABLE] = str(folder)
    try:
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def folder() -> Path | None:
    """The folder of this server; None in a process that is alone."""
    found = os.environ.get(VARIABLE)
    return Path(found) if found else None


def forget_the_dead(place: Path) -> None:
    """Take the gauges of processes that are gone out of the sum."""
    from prometheus_client.multiprocess import mark_process_dead

    for file in place.glob("gauge_live*_*.db"):
        pid = int(file.stem.rpartition("_")[2])
        try:
            os.kill(pid, 0)  # asks only whether it is there
        except ProcessLookupError:
            mark_process_dead(pid, str(place))
        except PermissionError:
            continue
