"""Which lot numbers a person confuses: two of them look alike if `look_alike_key` makes one text of both.

    case · O 0 · I 1 l · S 5 · B 8 · Z 2 · G 6 · - _ .

The database computes the same key (warehouse.lot_skeleton) for its index; a test holds the two together.
"""

SET_82 = frozenset("!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz")
"""GS1 General Specifications, figure 7.11-1."""

_FOLDED = str.maketrans("OILSBZG_.", "0115826--")


def look_alike_key(number: str) -> str:
    """`number` is ASCII."""
    return number.upper().translate(_FOLDED)
