"""Who pays for a request: a caller with a key out of the key's and the party's bucket, everybody else by address.

    with budgets.serving(caller, "trace_lot"): ...      # a known caller; raises 429
    budgets.public("web.start")                         # nobody known; raises 429

An address is what the server saw, or what the trusted proxies say (LOTPROOF_PROXIES); of IPv6 the /64, which one
subscriber has.
"""

import ipaddress
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from math import ceil
from threading import Lock
from time import monotonic_ns

from flask import g, request

from service.api.problem import Problem
from service.auth.keys import Caller
from service.budgets.kinds import COSTLY, COSTS, PROOFS
from service.budgets.rate import SECOND, Rate
from service.budgets.table import Draw, Table
from service.settings import Settings

WHOSE = {
    "key": "this API key", "party": "this party", "proofs": "this party, of proofs and receipts",
    "costly": "this party, of reports, traces and imports", "address": "this address, without a key",
    "bodies": "this caller, of requests whose body is not here yet",
    "guess": "this address, with keys that open nothing",
}  # fmt: skip
"""In the words of the refusal, by what stands before the colon in a bucket's name."""


class Budgets:
    """The buckets of one process, in a `table` that it may share; a rate of 0 is no limit."""

    def __init__(self, given: Settings, table: Table, clock: Callable[[], int] = monotonic_ns) -> None:
        self._table, self.now = table, clock
        said = {
            "key": given.rate_key, "party": given.rate_party, "proofs": given.rate_proofs, "costly": given.rate_costly,
            "address": given.rate_address, "guess": given.rate_address,
        }  # fmt: skip
        self._rates = {kind: Rate(rate) for kind, rate in said.items() if rate > 0}
        self._at_once = max(1, given.web_threads // 4)
        self._reads = {True: max(1, given.web_threads * 3 // 4), False: max(1, given.web_threads // 8)}
        self._serving, self._lock = Counter[str](), Lock()

    @contextmanager
    def serving(self, caller: Caller, operation: str) -> Iterator[None]:
        """Pays for the operation; of costly ones a party has at most a quarter of this process's threads at a time."""
        self._pay(self._draws(caller, operation))
        if operation not in COSTLY or "costly" not in self._rates:
            yield
            return
        with self._seat("costly", _owner(caller), self._at_once):
            yield

    @contextmanager
    def reading(self, caller: Caller | None) -> Iterator[None]:
        """While a body is read: who sends a large one holds a thread so long (`service.line`).

        One party may hold three quarters of this process's threads so, all those without a key together an eighth.
        """
        with self._seat("bodies", _owner(caller) if caller else "nobody", self._reads[caller is not None]):
            yield

    @contextmanager
    def _seat(self, kind: str, who: str, most: int) -> Iterator[None]:
        name = f"{kind}:{who}"
        with self._lock:
            if self._serving[name] >= most:
                raise _too_many(kind, f"at most {most} of them at a time", "one more", 1)
            self._serving[name] += 1
        try:
            yield
        finally:
            with self._lock:
                self._serving[name] -= 1
                if not self._serving[name]:
                    del self._serving[name]

    def public(self, endpoint: str) -> None:
        """Pays for a request of nobody known."""
        self._pay(self._bucket("address", address(), COSTS.get(endpoint, 1)))

    def guess(self) -> None:
        """Pays for asking whose key this is."""
        self._pay(self._bucket("guess", address()))

    def _draws(self, caller: Caller, operation: str) -> list[Draw]:
        cost, who = COSTS.get(operation, 1), _owner(caller)
        if operation in PROOFS:
            return self._bucket("proofs", who, cost)
        drawn = self._bucket("key", caller.key, cost) + self._bucket("costly", who, operation in COSTLY)
        return drawn + (self._bucket("party", who, cost) if caller.party else [])

    def _bucket(self, kind: str, who: str, cost: int = 1) -> list[Draw]:
        rate = self._rates.get(kind)
        return [] if rate is None or not cost else [Draw(f"{kind}:{who}", rate, cost)]

    def _pay(self, draws: Sequence[Draw]) -> None:
        refused = self._table.take(draws, self.now()) if draws else None
        if refused is not None:
            wait, draw = refused
            g.lotproof_wait = wait  # for `early`
            most = f"{draw.rate.per_second:g} requests a second, {draw.rate.burst} at once"
            raise _too_many(draw.name.partition(":")[0], f"at most {most}", "more", ceil(wait / SECOND))


def address() -> str:
    """Whose request this is, as far as that is known without a key."""
    return _network(request.remote_addr or "nowhere")


@lru_cache(4096)
def _network(text: str) -> str:
    try:
        seen = ipaddress.ip_address(text)
    except ValueError:
        return text[:64]
    if seen.version == 4:
        return str(seen)
    mapped = seen.ipv4_mapped
    return str(mapped) if mapped else str(ipaddress.ip_network((seen, 64), strict=False))


def _owner(caller: Caller) -> str:
    return str(caller.party_id) if caller.party_id is not None else caller.key


def _too_many(kind: str, expected: str, seen: str, seconds: int) -> Problem:
    detail = f"expected of {WHOSE[kind]} {expected}, got {seen}; again in {seconds} s"
    return Problem(429, "too-many-requests", detail, headers={"Retry-After": str(seconds)}, budget=kind,
                   expected=expected, seen=seen)  # fmt: skip
