"""Check digits that numbers made here carry: GS1 modulo 10 and ISO 7064 MOD 37,36.

    gs1      General Specifications 7.9, over the digits of the text; letters and signs do not count
    37-36    ISO/IEC 7064 hybrid system, over its letters and digits; case and signs do not count

Both find every single wrong character and most swapped neighbours among the characters that count.
"""

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def gs1(text: str) -> str:
    """The digit that makes the weighted sum of all digits a multiple of ten; weights 3, 1, 3 ... from the right."""
    digits = [int(character) for character in text if character in _ALPHABET[:10]]
    weighted = sum(digit * (3, 1)[place % 2] for place, digit in enumerate(reversed(digits)))
    return str(-weighted % 10)


def mod_37_36(text: str) -> str:
    """One of 0-9 and A-Z."""
    check = 36
    for character in text.upper():
        if character in _ALPHABET:
            check = (check + _ALPHABET.index(character)) % 36 or 36
            check = check * 2 % 37
    return _ALPHABET[(1 - check) % 36]
