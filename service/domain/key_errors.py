"""What is refused about keys: who signs, with which key, and whether what was signed is still true."""

from service.domain.errors import DomainError


class KeyIsElsewhere(DomainError):
    slug = "key-is-elsewhere"
    title = "This party signs for itself"

    def __init__(self, party: str) -> None:
        super().__init__(
            f"the service keeps no key of {party}: expected a request whose statements are signed by the party itself",
            expected="statements signed by the party", seen="none",
        )  # fmt: skip


class KeyNotValid(DomainError):
    slug = "key-not-valid"
    title = "This key does not sign for the party now"

    def __init__(self, party: str, kid: str) -> None:
        super().__init__(f"{kid} is not among the keys that {party} has now", expected=f"a key of {party}", seen=kid)


class BadSignature(DomainError):
    slug = "bad-signature"
    title = "A statement is not signed by that key"

    def __init__(self, kid: str, number: int) -> None:
        super().__init__(
            f"statement {number}: expected an Ed25519 signature by {kid} over its signing input, got another or none",
            expected=f"a signature by {kid}", seen="another or none", statement=number,
        )  # fmt: skip


class Overtaken(DomainError):
    slug = "overtaken"
    title = "What was signed is not what would be recorded now"

    def __init__(self) -> None:
        super().__init__(
            "goods, time or rules went on since this was shown for signing; nothing was recorded. Send the request once"
            " more without signatures, look at it again, and sign that",
            expected="what was shown", seen="something else",
        )  # fmt: skip


class TooManyToSign(DomainError):
    slug = "too-many-to-sign"
    title = "Too many statements for one request"

    def __init__(self, most: int) -> None:
        super().__init__(
            f"expected at most {most} statements in one request of a party that signs for itself, got more",
            expected=f"at most {most}", seen="more",
        )  # fmt: skip


class BadKeySet(DomainError):
    slug = "bad-key-set"
    title = "These keys cannot be the party's keys"

    def __init__(self, expected: str, seen: str) -> None:
        super().__init__(f"keys: expected {expected}, got {seen}", expected=expected, seen=seen)


class ChangeIsClosed(DomainError):
    slug = "change-is-closed"
    title = "This change of keys is done or withdrawn"

    def __init__(self, state: str) -> None:
        super().__init__(f"expected a change that waits for approval, it is {state}", expected="asked", seen=state)
