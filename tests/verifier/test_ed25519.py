"""Strict Ed25519: what some libraries accept and a ledger must not."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verifier import ed25519
from verifier.errors import Refuted

from .maker import private_key, public_key
from .vectors import accepts

P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
SQRT_MINUS_1 = pow(2, (P - 1) // 4, P)


def square_root(square: int) -> int:
    root = pow(square, (P + 3) // 8, P)
    return root if root * root % P == square else root * SQRT_MINUS_1 % P


def order_8() -> int:
    """y of a point whose double has y = 0, worked out from the curve and not copied from anywhere."""
    for sign in (1, -1):
        square = (sign * square_root((1 + D) % P) - 1) * pow(D, -1, P) % P
        y = square_root(square)
        if y * y % P == square:
            return y
    raise AssertionError("the curve has points of order 8")


ORDER_8 = order_8()


def encodings(y: int) -> list[bytes]:
    """Both signs of x, also with p added to y where that still fits."""
    ys = [y, y + P] if y + P < 2**255 else [y]
    return [(each | sign << 255).to_bytes(32, "little") for each in ys for sign in (0, 1)]


@pytest.mark.parametrize("key", [key for y in (0, 1, P - 1, ORDER_8, P - ORDER_8) for key in encodings(y)])
def test_keys_of_small_order_are_refused_in_every_spelling(key: bytes) -> None:
    assert (D * ORDER_8**4 + 2 * ORDER_8**2) % P == 1
    assert not accepts(ed25519.check_key, key)


@pytest.mark.parametrize("y", range(2, 19))
def test_keys_above_the_field_prime_are_refused(y: int) -> None:
    assert not accepts(ed25519.check_key, (y + P).to_bytes(32, "little"))


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_keys_of_another_length_are_refused(length: int) -> None:
    assert not accepts(ed25519.check_key, b"\x02" * length)


@given(st.binary(max_size=64))
def test_an_honest_signature_is_accepted_and_no_other_message(message: bytes) -> None:
    signature = private_key("farm").sign(message)
    ed25519.verify(public_key("farm"), signature, message)
    assert not accepts(ed25519.verify, public_key("farm"), signature, message + b"x")
    assert not accepts(ed25519.verify, public_key("mill"), signature, message)


def test_every_bit_of_a_signature_counts() -> None:
    signature = private_key("farm").sign(b"said")
    for bit in range(512):
        bent = bytearray(signature)
        bent[bit // 8] ^= 1 << bit % 8
        assert not accepts(ed25519.verify, public_key("farm"), bytes(bent), b"said")


def test_s_plus_l_is_a_second_spelling_and_refused() -> None:
    signature = private_key("farm").sign(b"said")
    s = int.from_bytes(signature[32:], "little") + L
    with pytest.raises(Refuted, match="S >= L"):
        ed25519.verify(public_key("farm"), signature[:32] + s.to_bytes(32, "little"), b"said")


@pytest.mark.parametrize("length", [0, 63, 65, 128])
def test_a_signature_has_64_bytes(length: int) -> None:
    assert not accepts(ed25519.verify, public_key("farm"), bytes(length), b"said")


def test_the_signature_of_zeros_proves_nothing_under_any_key() -> None:
    for name in ("farm", "mill"):
        assert not accepts(ed25519.verify, public_key(name), bytes(64), hashlib.sha256(b"any").digest())
