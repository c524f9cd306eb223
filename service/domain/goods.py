"""What a person is told of goods that lie somewhere: one word, the strongest reason first.

This is the state of the goods. How well their record is proven is another question with other words (recorded,
sequenced, anchored, final), and the two never mix: a recalled lot can have a perfect record.
"""

GOODS_STATUSES = ("recalled", "expired", "hold", "available")


def goods_status(status: str, *, expired: bool, recalled: bool) -> str:
    """The state of stock that is booked as `status`: two people may release what is held, nobody what is expired.

    `status` is `available` or `hold`; of a sum over several places it may be `partly_hold`.
    """
    if recalled:
        return "recalled"
    return "expired" if expired else status
