"""How goods stand, in one word for people. The status of the record is another thing and another field."""


def goods_status(stock_status: str, *, expired: bool) -> str:
    """What keeps the goods from leaving, the strongest reason first: expired goods cannot be released."""
    return "expired" if expired else stock_status
