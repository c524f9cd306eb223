"""Signing in by a party's own OpenID provider: Authorization Code with PKCE (RFC 7636, RFC 9700), and back.

    begin    the browser goes to the provider, and keeps for ten minutes what only this service can read: `Flow`
    finish   it comes back with a code, which is changed for an ID token; whom that names is a person here if an
             administrator said so, or if the person came with an invitation. Never by an e-mail address or a name

What comes back once comes back no second time. Whatever does not fit is the same refusal, on record at the party.
"""

import hmac
import logging
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import orjson
from cryptography.exceptions import InvalidTag
from sqlalchemy import Connection, Engine, text

from service import standpoint
from service.api.problem import Problem, not_found
from service.auth.assertions import Rejected
from service.auth.keys import Caller, secret_hash
from service.keys.keyring import Keyring
from service.signin import bindings, idtokens, invitations, sessions
from service.signin.bindings import owner
from service.signin.entrance import Entrance
from service.signin.openid import Provider, ProviderFault, Providers
from service.statements.sdjwt import b64url
from verifier.encoding import unb64url
from verifier.errors import Refuted

log = logging.getLogger("lotproof.oidc")
WITHIN = timedelta(minutes=10)
CALLBACK = "/oidc/callback"
MOST_CODE = 4_000
_FLOW = "oidc flow"


@dataclass(frozen=True, slots=True)
class Flow:
    """What a browser was sent away with. `invitation`: the hash of its secret; `session`: the one to be proven."""

    provider: str
    state: str
    nonce: str
    verifier: str
    at: int
    invitation: str | None = None
    session: str | None = None


class _Nobody(Exception):
    """The provider knows somebody who is nobody here, or somebody else than was expected."""


class Federation:
    """Of one web process."""

    def __init__(
        self, engine: Engine, keyring: Keyring, entrance: Entrance, providers: Providers, public_url: str,
        now: Callable[[], datetime], random: Callable[[int], bytes],
    ) -> None:  # fmt: skip
        self._engine, self._keyring, self._entrance, self._providers = engine, keyring, entrance, providers
        self._redirect_uri = public_url + CALLBACK
        self._now, self._random = now, random

    def begin(self, provider_id: UUID, invitation: str | None = None, caller: Caller | None = None) -> tuple[str, str]:
        """Where the browser goes, and what it keeps; raises Problem 404, 502 or 503. `caller`: who proves himself."""
        provider = self._provider(provider_id)
        state, nonce, verifier = (b64url(self._random(32)).decode() for _ in range(3))
        invited = None if invitation is None else secret_hash(invitation).hex()
        session = None if caller is None else str(caller.session)
        flow = Flow(str(provider.id), state, nonce, verifier, int(self._now().timestamp()), invited, session)
        try:
            where = self._providers.metadata(provider.issuer)["authorization_endpoint"]
        except ProviderFault as fault:
            raise self._away(provider, fault) from None
        return f"{where}{'&' if '?' in where else '?'}{urlencode(self._asked(provider, flow))}", self._sealed(flow)

    def finish(self, kept: str, query: Mapping[str, str], caller: Caller | None, address: str) -> str:
        """The secret of a session: a new one, or the caller's, proven. Raises Problem 401, 404, 502 or 503."""
        flow = self._opened(kept)
        self._check_state(flow, query.get("state", ""))
        provider = self._provider(UUID(flow.provider))
        try:
            identity = self._identity(provider, flow, query)
        except Rejected as why:
            log.warning("a sign-in by provider %s was rejected: %s", provider.id, why)
            raise self._entrance.refused("sign_in", provider_as_party(provider)) from None
        except ProviderFault as fault:
            raise self._away(provider, fault) from None
        try:
            with standpoint.of_parties({provider.party_id}), self._engine.begin() as connection:
                person = self._whose(connection, provider, flow, identity)
                return self._session(connection, provider, flow, identity, person, caller, address)
        except _Nobody:
            raise self._entrance.refused("sign_in", provider_as_party(provider)) from None

    def _asked(self, provider: Provider, flow: Flow) -> dict[str, str]:
        challenge = b64url(sha256(flow.verifier.encode()).digest()).decode()
        asked = {
            "response_type": "code", "scope": "openid", "client_id": provider.client_id,
            "redirect_uri": self._redirect_uri, "state": flow.state, "nonce": flow.nonce,
            "code_challenge": challenge, "code_challenge_method": "S256",
        }  # fmt: skip
        return asked | ({"prompt": "login", "max_age": "0"} if flow.session else {})

    def _check_state(self, flow: Flow, state: str) -> None:
        """Of this browser, of late, and for the first time."""
        made, now = datetime.fromtimestamp(flow.at, UTC), self._now()
        if not hmac.compare_digest(state.encode(), flow.state.encode()) or not now - WITHIN < made <= now:
            raise _again()
        used = {"hash": sha256(state.encode()).digest(), "until": now + WITHIN, "now": now}
        with standpoint.on("sign_in"), self._engine.begin() as connection:
            connection.execute(_FORGET, used)
            if connection.execute(_USE, used).rowcount != 1:
                raise _again()

    def _identity(self, provider: Provider, flow: Flow, query: Mapping[str, str]) -> idtokens.Identity:
        code, metadata = query.get("code", ""), self._providers.metadata(provider.issuer)
        said = query.get("iss", provider.issuer)  # RFC 9207: another provider's answer is not taken for this one's
        if said != provider.issuer or (
            "iss" not in query and metadata.get("authorization_response_iss_parameter_supported") is True
        ):
            raise Rejected("the answer is another provider's")
        if "error" in query or not 0 < len(code) <= MOST_CODE:
            raise Rejected("the provider gave no code")
        token = self._providers.id_token(provider, code, flow.verifier, self._redirect_uri)
        within = sessions.PROOF if flow.session else None
        expected = idtokens.Expected(provider.issuer, provider.client_id, flow.nonce, within)
        try:
            return idtokens.accept(token, self._providers.keys(provider.issuer), expected, self._now())
        except Rejected:
            return idtokens.accept(token, self._providers.keys(provider.issuer, anew=True), expected, self._now())

    def _whose(
        self, connection: Connection, provider: Provider, flow: Flow, identity: idtokens.Identity
    ) -> bindings.Bound:
        """The active person that this identity is; one with an invitation becomes it. Raises _Nobody."""
        if flow.invitation is None:
            known = bindings.person_of(connection, provider.id, identity.subject)
            if known is None:
                raise _Nobody
            return known
        invited = invitations.whose_hash(connection, bytes.fromhex(flow.invitation), self._now())
        if invited is None or invited.party_id != provider.party_id:
            raise _Nobody
        bound = bindings.Bound(invited.person_id, invited.person)
        author = self._entrance.author_of(provider.party_id, f"{invited.id}/{invited.person}")
        if not bindings.bind(connection, author, provider.id, identity.subject, bound):
            raise _Nobody
        if not invitations.use(connection, invited.id, self._now()):
            raise _Nobody
        sessions.end(connection, bound.id, self._now())
        return bound

    def _session(
        self, connection: Connection, provider: Provider, flow: Flow, identity: idtokens.Identity,
        person: bindings.Bound, caller: Caller | None, address: str,
    ) -> str:  # fmt: skip
        now = self._now()
        if flow.session is None:
            return sessions.begin(
                connection, person.id, identity.method, False, address, now, self._random, provider.id
            )
        if caller is None or str(caller.session) != flow.session or caller.person_id != person.id:
            raise _Nobody
        return sessions.proven(connection, UUID(flow.session), now, self._random)

    def _provider(self, id: UUID) -> Provider:
        with standpoint.on("sign_in"), self._engine.connect() as connection:
            row = connection.execute(_PROVIDER, {"id": id}).one_or_none()
        if row is None:
            raise not_found("provider", str(id))
        secret = self._keyring.open_secret(owner(row.id), row.sealed).decode()
        return Provider(row.id, row.party_id, row.party, row.issuer, row.client_id, secret)

    def _sealed(self, flow: Flow) -> str:
        return b64url(self._keyring.seal_secret(_FLOW, orjson.dumps(asdict(flow)))).decode()

    def _opened(self, kept: str) -> Flow:
        try:
            return Flow(**orjson.loads(self._keyring.open_secret(_FLOW, unb64url(kept))))
        except (Refuted, InvalidTag, ValueError):
            raise _again() from None

    def _away(self, provider: Provider, fault: ProviderFault) -> Problem:
        log.warning("provider %s: %s", provider.id, fault)
        return Problem(502, "provider-away", "your company's sign-in does not answer as expected; try again later")


def provider_as_party(provider: Provider) -> Any:
    """Who is blamed for a refusal: nobody of the party whose provider it is."""
    return Caller("", "party", provider.party, provider.party_id)


def _again() -> Problem:
    return Problem(401, "start-again", "this sign-in was not begun here, or long ago, or is done: start again")


_PROVIDER = text(
    "SELECT o.id, o.party_id, p.code AS party, o.issuer, o.client_id, o.sealed FROM warehouse.oidc_provider o"
    " JOIN warehouse.party p ON p.id = o.party_id WHERE o.id = :id AND o.ended_at IS NULL"
)
_USE = text(
    "INSERT INTO warehouse.oidc_used (state_hash, expires_at) VALUES (:hash, :until) ON CONFLICT DO NOTHING"
)
_FORGET = text("DELETE FROM warehouse.oidc_used WHERE expires_at < :now")
