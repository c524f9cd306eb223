"""Key statements (kind 2): a party names, in the log, the keys that are its own from the next index on."""

from collections.abc import Sequence
from uuid import UUID

from service.keys.keyring import public_jwk, thumbprint
from service.statements.sdjwt import Signer, Statement, b64url, seal

KEY_VCT = "urn:lotproof:key:1"
NO_PREVIOUS = bytes(32)


def key_statement(
    signer: Signer,
    keys: Sequence[bytes],
    *,
    issuer: str,
    id: UUID,
    issued_at: int,
    origin: str,
    sequence: int,
    previous: bytes = NO_PREVIOUS,
    recovery: str | None = None,
) -> Statement:
    """The whole set of public keys valid from now on, signed by a key of the set before (the first: by its own)."""
    listed = ",".join(public_jwk(key) for key in sorted(keys, key=thumbprint))
    quoted = f'"{recovery}"' if recovery else "null"
    payload = (
        f'{{"iss":"{issuer}","jti":"{id}","iat":{issued_at},"aud":"{origin}","vct":"{KEY_VCT}","seq":{sequence},'
        f'"prev":"{b64url(previous).decode()}","keys":[{listed}],"recovery":{quoted}}}'
    )
    return seal(signer, "key+sd-jwt", payload.encode())
