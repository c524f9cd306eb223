"""A request's head as WSGI has it, if it has one reading.

`Host` and others that decide something come once (RFC 9112 §3.2 asks for it); a proxy might have looked at the first of
two, and we at the last. Names with `_` are left out: WSGI spells them like those with `-`, and a proxy that sets
`X-Forwarded-For` may not have removed `X_Forwarded_For`.
"""

import re
import sys
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

from service.api.problem import Problem, shown

ONCE = ("host", "authorization", "content-type", "content-length", "content-encoding", "origin", "transfer-encoding")
REFUSED = "lotproof.refused"
"""In `environ`: the Problem with which a request is answered that nobody else is to look at."""

_HOST = re.compile(r"[A-Za-z0-9._~-]+(:\d{1,5})?|\[[0-9A-Fa-f:.]+\](:\d{1,5})?", re.ASCII)
_PLAIN = {"content-type": "CONTENT_TYPE", "content-length": "CONTENT_LENGTH"}

Environ = dict[str, Any]


def environ_of(scope: Mapping[str, Any]) -> Environ:
    """All of it but the body."""
    told = _told(scope["headers"])
    server, client = scope.get("server") or ("", ""), scope.get("client") or ("", "")
    environ: Environ = {
        "REQUEST_METHOD": scope["method"], "SCRIPT_NAME": "", "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "PATH_INFO": unquote_to_bytes(scope["raw_path"]).decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}", "SERVER_NAME": server[0], "SERVER_PORT": str(server[1]),
        "REMOTE_ADDR": client[0], "REMOTE_PORT": str(client[1]),
        "wsgi.version": (1, 0), "wsgi.url_scheme": scope["scheme"], "wsgi.errors": sys.stderr,
        "wsgi.multithread": True, "wsgi.multiprocess": True, "wsgi.run_once": False, "wsgi.input_terminated": True,
    }  # fmt: skip
    for name, values in told.items():
        spelled = _PLAIN.get(name) or f"HTTP_{name.upper().replace('-', '_')}"
        environ[spelled] = ("; " if name == "cookie" else ",").join(values)
    refused = _refused(told, scope["http_version"])
    return environ | {REFUSED: refused} if refused else environ


def _told(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, list[str]]:
    told = dict[str, list[str]]()
    for name, value in headers:
        if b"_" not in name:
            told.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
    return told


def _refused(told: Mapping[str, list[str]], version: str) -> Problem | None:
    for name in ONCE:
        if (seen := len(told.get(name, ()))) > 1:
            return _bad_head(f"{name.title()} at most once", f"it {seen} times")
    host = told.get("host", [""])[0]
    if not _HOST.fullmatch(host) and (host or version != "1.0"):
        return _bad_head("Host: a name or an address, and perhaps a port", shown(host) or "none")
    return None


def _bad_head(expected: str, seen: str) -> Problem:
    return Problem(400, "bad-head", f"expected {expected}, got {seen}", expected=expected, seen=seen)
