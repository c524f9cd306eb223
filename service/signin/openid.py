"""How we speak with an OpenID provider: its discovery document, its keys, and the code that it changes for a token.

Each request goes the way of webhooks: https to public addresses (`service.webhooks.addresses`), no redirect followed,
bounded in time and size. What was learned is believed for BELIEVED_SECONDS; keys that do not know a signature are asked
for again, at most once in ANEW_SECONDS. Who did not answer is not asked for FAILED_SECONDS: a slow one holds a thread.
"""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any
from urllib.parse import quote_plus, urlencode
from uuid import UUID

from joserfc.jwk import KeySet, import_key

from service.auth.assertions import BadKey, Rejected, public_jwk
from service.signin.turns import Turns
from service.webhooks.addresses import Refused, address_of, target_of
from service.webhooks.sending import Unsent, ask
from verifier import encoding
from verifier.errors import Refuted

WELL_KNOWN = "/.well-known/openid-configuration"
BELIEVED_SECONDS, ANEW_SECONDS, FAILED_SECONDS = 600.0, 60.0, 5.0
REMEMBERED = 1_000
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")


class ProviderFault(Exception):
    """The provider did not answer, or not as one answers; the text is for the log."""


@dataclass(frozen=True, slots=True)
class Provider:
    """One of a party; `secret` is what this client shows there."""

    id: UUID
    party_id: int
    party: str
    issuer: str
    client_id: str
    secret: str


class Providers:
    """All that this process speaks with; `local` lets them be on this machine, over http."""

    def __init__(self, local: bool) -> None:
        self._local = local
        self._known: dict[str, tuple[float, dict[str, Any]]] = {}
        self._failed: dict[str, tuple[float, str]] = {}
        self._turns = Turns(at_once=4, room=4)

    def metadata(self, issuer: str) -> dict[str, Any]:
        """The discovery document, of this issuer and with all ENDPOINTS; raises ProviderFault, Problem 503."""
        found = self._believed(issuer.rstrip("/") + WELL_KNOWN, BELIEVED_SECONDS)
        if found.get("issuer") != issuer:
            raise ProviderFault("the discovery document is of another issuer")
        for name in ENDPOINTS:
            if not isinstance(found.get(name), str):
                raise ProviderFault(f"the discovery document has no {name}")
            self._target(found[name])
        return found

    def keys(self, issuer: str, *, anew: bool = False) -> KeySet:
        """Those with which it signs; `anew`: one that we do not know may have been added."""
        document = self._believed(self.metadata(issuer)["jwks_uri"], ANEW_SECONDS if anew else BELIEVED_SECONDS)
        given = document.get("keys")
        usable = [key for each in given if (key := _signing(each))] if isinstance(given, list) else []
        if not usable:
            raise ProviderFault("it has no key of those with which a token may be signed")
        return KeySet(usable)

    def id_token(self, provider: Provider, code: str, verifier: str, redirect_uri: str) -> str:
        """What the provider gives for this code; raises Rejected, ProviderFault, Problem 503."""
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri,
                "code_verifier": verifier}  # fmt: skip
        metadata = self.metadata(provider.issuer)
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        methods = metadata.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        if isinstance(methods, list) and "client_secret_basic" in methods:
            headers["Authorization"] = f"Basic {_basic(provider)}"
        else:
            form |= {"client_id": provider.client_id, "client_secret": provider.secret}
        answer = self._asked("POST", metadata["token_endpoint"], urlencode(form).encode(), headers)
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise ProviderFault("its answer to the code has no id_token")
        return token

    def _believed(self, url: str, seconds: float) -> dict[str, Any]:
        at, document = self._known.get(url, (float("-inf"), {}))
        if monotonic() - at < seconds:
            return document
        at, said = self._failed.get(url, (float("-inf"), ""))
        if monotonic() - at < FAILED_SECONDS:
            raise ProviderFault(said)
        try:
            document = self._asked("GET", url, None, {"Accept": "application/json"})
        except ProviderFault as fault:
            self._failed[url] = (monotonic(), str(fault))
            raise
        if len(self._known) >= REMEMBERED:
            self._known.clear()
            self._failed.clear()
        self._known[url] = (monotonic(), document)
        return document

    def _asked(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> dict[str, Any]:
        target = self._target(url)
        try:
            with self._turns.taken():
                status, read = ask(method, target, address_of(target), body, headers)
            found = encoding.load_json(read) if status == 200 else None
        except (Refused, Unsent, Refuted) as fault:
            raise ProviderFault(f"{method} {target.host}: {fault}") from None
        if status == 400 and method == "POST":
            raise Rejected("the provider gives nothing for this code")
        if not isinstance(found, dict):
            raise ProviderFault(f"{method} {target.host}: expected 200 with a JSON object, got {status}")
        return found

    def _target(self, url: str) -> Any:
        try:
            return target_of(url, local=self._local)
        except Refused as fault:
            raise ProviderFault(str(fault)) from None


def _signing(given: Any) -> Any:
    """The public key, if it is of a kind that `idtokens.ALGORITHMS` use; among the keys of a provider stand others."""
    if not isinstance(given, dict) or given.get("use", "sig") != "sig":
        return None
    try:
        named = {"kid": given["kid"]} if isinstance(given.get("kid"), str) else {}
        return import_key(public_jwk(given) | named)
    except BadKey:
        return None


def _basic(provider: Provider) -> str:
    """RFC 6749, 2.3.1: both parts form-encoded first."""
    pair = f"{quote_plus(provider.client_id)}:{quote_plus(provider.secret)}"
    return b64encode(pair.encode()).decode()
