"""Why a lot was chosen, in Chinese: the allocator says it in English, and keeps the sentence with the reservation."""

import re

_CHOSEN = (
    (r"chosen: this lot was ordered", "订单指定批次"),
    (r"chosen: ()by hand, (.+)", "人工选择：{1}"),
    (r"chosen: (a whole pallet, )?expires (\S+), the earliest", "{0}有效期最早（{1}）"),
    (r"chosen: (a whole pallet, )?expires (\S+), the next", "{0}有效期次早（{1}）"),
    (r"chosen: (a whole pallet, )?has no expiry date(?:, so it comes last)?()", "{0}无有效期"),
    (r"chosen: (a whole pallet, )?arrived ?(\S*), the first", "{0}最先入库 {1}"),
    (r"chosen: (a whole pallet, )?arrived ?(\S*), the last", "{0}最后入库 {1}"),
    (r"chosen: (a whole pallet, )?arrived ?(\S*), the next", "{0}按入库顺序 {1}"),
)


def in_chinese(why: str) -> str:
    """The sentence itself where it is one that nobody translated."""
    for pattern, said in _CHOSEN:
        if found := re.fullmatch(pattern, why):
            pallet, day = (*found.groups(), "", "")[:2]
            return said.format("整托盘，" if pallet else "", day).strip()
    return why
