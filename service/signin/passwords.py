"""Passwords: what may be one, and how it is kept (argon2id, RFC 9106; lengths as NIST SP 800-63B asks).

A password is normalised by NFKC before it is counted and hashed: a Chinese input method writes full-width letters and
digits, another keyboard the same ones narrow, and both people mean the same password. There is no rule of composition;
what is refused is what guessers try first, which `zxcvbn` knows (common passwords, names, dates, rows of keys,
repetitions), and what is made of the party's or the person's own code.
"""

import unicodedata
from base64 import b64encode
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn import zxcvbn

from service.api.problem import Problem

SHORTEST, LONGEST = 12, 128  # characters, after normalisation
EASILY_GUESSED = 8  # powers of ten: a hundred million guesses are an afternoon even against argon2
JUDGED = 40  # characters of either end: what zxcvbn does with more takes seconds
BESIDE_CODES = 8  # characters that are not a code of the person or the party

MEMORY_KIB, PASSES, LANES = 32 * 1024, 2, 1
"""Above what OWASP asks (19 MiB, 2, 1). One lane: a request has one thread. Whoever changes them need do nothing else:
each password is hashed anew when its person signs in next.
"""

_HASHER = PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES)


def normal(given: str) -> str:
    """As it is compared; of any text, also of one that may not be a password."""
    return unicodedata.normalize("NFKC", given[: LONGEST + 1])


def check(given: str, *codes: str) -> None:
    """Raises Problem 422 unless this may be a password of who has these codes."""
    wanted = normal(given)
    if len(given) > LONGEST or not SHORTEST <= len(wanted) <= LONGEST:
        raise _weak(f"{SHORTEST} to {LONGEST} characters", f"{len(given)}")
    if not wanted.isprintable():
        raise _weak("no control characters", "some")
    if all(_easy(part, codes) for part in {wanted[:JUDGED], wanted[-JUDGED:]}):
        raise _weak("a password that is not among the first that guessers try", "one that is")


def kept(given: str) -> str:
    """As it may lie in the database. Takes a tenth of a second and 32 MiB; see `turns`."""
    return _HASHER.hash(normal(given))


def fits(kept_as: str | None, given: str) -> bool:
    """Whether it is that password. Of None, what nobody's password is, it takes the same time to say no."""
    try:
        return _HASHER.verify(kept_as or _nobodys(), normal(given)) and kept_as is not None
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(kept_as: str) -> bool:
    """Whether it was hashed with other parameters than those of now."""
    return _HASHER.check_needs_rehash(kept_as)


def _easy(part: str, codes: tuple[str, ...]) -> bool:
    plain = part.casefold()
    for code in codes:
        plain = plain.replace(code.casefold(), "")
    judged = zxcvbn(part, user_inputs=list(codes), max_length=JUDGED)
    return len(plain) < BESIDE_CODES or judged["guesses_log10"] < EASILY_GUESSED


@cache
def _nobodys() -> str:
    """In the form and with the parameters of now, and no password has it."""
    salt, hashed = (b64encode(bytes(size)).decode().rstrip("=") for size in (16, 32))
    return f"$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}${salt}${hashed}"


def _weak(expected: str, seen: str) -> Problem:
    return Problem(422, "weak-password", f"password: expected {expected}, got {seen}", expected=expected, seen=seen)
