"""What those who approve an erasure are shown, as bytes that can be hashed: which disclosure of what goes, and why.

    lotproof/erasure/v1 LF statement hash LF digest LF property LF legal basis LF        (both base64url)

The notice discloses the hash as `lotproof:approved`, so whoever verifies it sees that what went is what was approved.
"""

from hashlib import sha256

from verifier.encoding import b64url

FORM = "lotproof/erasure/v1"


def shown_hash(statement: bytes, digest: str, property: str, legal_basis: str) -> str:
    lines = (FORM, b64url(statement), digest, property, legal_basis)
    return b64url(sha256("".join(f"{line}\n" for line in lines).encode()).digest())
