"""Where the text of a setting comes from: the variable itself; a secret also from `…_FILE`, or from what `…_COMMAND`
prints, which is how a key management service or a vault hands out a key that lies on no disk here.

    LOTPROOF_KEK_COMMAND='vault kv get -field=kek secret/lotproof'

A command is split as a shell would, and run without one, once when a process begins. What it prints and what it
complains of is never shown: both may hold the secret.
"""

import shlex
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

SECONDS = 30.0  # for a command


class Unreadable(Exception):
    """The text says what was expected and what was seen, and nothing of a secret."""


def text_of(name: str, environ: Mapping[str, str], secret: bool) -> tuple[str, str]:
    """The text ("": not set) and where it came from, in words. Raises Unreadable."""
    sources = [name, *(f"{name}{ending}" for ending in ENDINGS if secret)]
    given = [source for source in sources if environ.get(source)]
    if len(given) > 1:
        raise Unreadable(f"{' and '.join(given)} are both set: expected one of them")
    if not given or given == [name]:
        return environ.get(name, ""), name
    read = ENDINGS[given[0].removeprefix(name)]
    where = f"{given[0]}={environ[given[0]]}" if given[0].endswith("_FILE") else given[0]
    return read(environ[given[0]], where), where


def _of_file(path: str, where: str) -> str:
    try:
        return Path(path).read_text().strip()
    except (OSError, UnicodeDecodeError) as unreadable:
        raise Unreadable(f"{where}: expected a readable text file, got {type(unreadable).__name__}") from None


def _of_command(command: str, where: str) -> str:
    try:
        ran = subprocess.run(shlex.split(command), capture_output=True, timeout=SECONDS, check=True, text=True)
    except (OSError, ValueError, subprocess.TimeoutExpired) as failed:
        raise Unreadable(f"{where}: expected a command that prints the value, got {type(failed).__name__}") from None
    except subprocess.CalledProcessError as failed:
        raise Unreadable(f"{where}: expected a command that ends with 0, it ended with {failed.returncode}") from None
    if not ran.stdout.strip():
        raise Unreadable(f"{where}: expected a command that prints the value, it printed nothing")
    return ran.stdout.strip()


ENDINGS: Mapping[str, Callable[[str, str], str]] = {"_FILE": _of_file, "_COMMAND": _of_command}
"""What may stand behind the name of a secret."""
