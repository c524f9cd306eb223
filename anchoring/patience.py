"""HTTP sessions that end an answer at a moment, however it comes in.

A time-out of a socket begins anew with each byte, so a node that drips holds whoever reads for as long as it likes:
in the head of an answer as well as in its body. Here every receive is measured against one moment for the whole
answer. What is sent is a few kilobytes and has the time-out of the socket.
"""

from __future__ import annotations

import os
import time
from functools import partial
from http.client import HTTPResponse
from io import BufferedReader, RawIOBase
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool


class Patience:
    """How long one answer may take; `begin` before each request. For one thread, as the session it belongs to."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self.begin()

    def begin(self) -> None:
        self._end = time.monotonic() + self._seconds

    def check(self) -> None:
        """ConnectionAbortedError when it is over; the words of a TimeoutError would be lost on the way."""
        if time.monotonic() >= self._end:
            raise ConnectionAbortedError(f"the answer was not complete after {self._seconds:g} s")


def session(patience: Patience) -> requests.Session:
    """A session whose answers keep to `patience`."""
    made = requests.Session()
    made.trust_env = False  # a proxy variable must not come between us and a local node
    made.verify = os.environ.get("SSL_CERT_FILE") or True
    for scheme in ("http://", "https://"):
        made.mount(scheme, _Adapter(patience))
    return made


class _Adapter(HTTPAdapter):
    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        super().__init__()

    def init_poolmanager(self, *args: Any, **named: Any) -> None:
        super().init_poolmanager(*args, **named)
        answer = partial(_Answer, self._patience)
        self.poolmanager.pool_classes_by_scheme = {
            "http": _pool(HTTPConnectionPool, HTTPConnection, answer),
            "https": _pool(HTTPSConnectionPool, HTTPSConnection, answer),
        }


def _pool(pool: Any, connection: Any, answer: Any) -> Any:
    reading = type("Connection", (connection,), {"response_class": staticmethod(answer)})
    return type("Pool", (pool,), {"ConnectionCls": reading})


class _Answer(HTTPResponse):
    def __init__(self, patience: Patience, *options: Any, **named: Any) -> None:
        super().__init__(*options, **named)
        self.fp = BufferedReader(_Paced(self.fp.detach(), patience))


class _Paced(RawIOBase):
    """What a socket brings, receive by receive, while there is patience."""

    def __init__(self, raw: RawIOBase, patience: Patience) -> None:
        self._raw, self._patience = raw, patience

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> Any:
        self._patience.check()
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()
