"""Serial shipping container codes (AI 00): extension digit, GS1 company prefix, serial, check digit; 18 in all."""

from service.domain.check_digits import gs1
from service.domain.errors import BadName

LENGTH = 18


def check_prefix(prefix: str) -> str:
    """A GS1 company prefix; those of restricted circulation (02, 04, 2) and coupons (05, 98, 99) name no company."""
    if not 7 <= len(prefix) <= 12 or not prefix.isascii() or not prefix.isdigit():
        raise BadName("GS1 company prefix", "7 to 12 digits", prefix)
    if prefix.startswith(("02", "04", "05", "2", "98", "99", "0000000")):
        raise BadName("GS1 company prefix", "a prefix that GS1 gives to companies", prefix)
    return prefix


def last_serial(prefix: str) -> int:
    return int(10 ** (LENGTH - 2 - len(prefix)) - 1)


def sscc(extension: int, prefix: str, serial: int) -> str:
    assert 0 <= extension <= 9 and 0 <= serial <= last_serial(prefix), f"{extension} {prefix} {serial}"
    body = f"{extension}{prefix}{serial:0{LENGTH - 2 - len(prefix)}d}"
    return body + gs1(body)
