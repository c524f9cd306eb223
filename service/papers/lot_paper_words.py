"""The words of the history of a lot on paper."""

from collections.abc import Mapping

from service.papers.words import Words

W: Mapping[str, Words] = {
    "title": Words("History of a lot", "批次追溯报告"),
    "copy": Words("Copy no.", "打印编号"),
    "company": Words("Company", "企业"),
    "item": Words("Item", "物料"), "lot": Words("Lot", "批号"), "uri": Words("Its URI", "批次标识"),
    "produced": Words("Produced", "生产日期"), "expires": Words("Expires", "有效期至"),
    "manufacturer_lot": Words("Manufacturer’s lot", "生产商批号"), "supplier": Words("Supplier", "供应商"),
    "as_of": Words("As of", "截至"), "printed_by": Words("Printed by", "打印人"),
    "code": Words("This print: scan it to see whether anything changed since.",
                  "扫码核对本次打印，并查看此后是否有变更。"),
    "hash": Words("Hash of what it says", "内容哈希"),
    "goods": Words("The goods", "货物"), "goods.what": Words("what quality people decided", "质量人员的决定"),
    "record": Words("The record", "记录"),
    "record.of": Words("{} movements; in the log {}, of these anchored {}, final {}",
                       "移动 {} 笔；已入账 {}，其中已上链 {}，不可回滚 {}"),
    "stock": Words("Stock", "库存"), "no_stock": Words("Nothing of it is here.", "无库存。"),
    "history": Words("Every movement", "全部移动"), "recorded": Words("Recorded", "记录时间"),
    "what": Words("What", "类型"), "quantity": Words("Quantity", "数量"), "way": Words("From, to", "从、到"),
    "who": Words("Who, why", "操作人、原因"), "proof": Words("Log no., block", "日志序号、区块"),
    "happened": Words("happened {}", "发生于 {}"),
    "family": Words("Made of, and made into", "来源与去向"), "ancestor": Words("made of", "来源"),
    "descendant": Words("made into", "去向"), "no_family": Words("No other lot.", "无其他批次。"),
    "more": Words("and {} more", "另有 {} 个"),
    "cases": Words("Quality decisions", "质量决定"), "no_cases": Words("No case.", "无案件。"),
    "case": Words("Case of {}: {}, {}", "{} 的案件：{}，{}"),
    "exceptions": Words("Out of the ordinary", "例外情况"), "no_exceptions": Words("Nothing.", "无。"),
    "late": Words("recorded more than 24 hours after it happened", "发生 24 小时后才记录"),
    "by_hand": Words("lot chosen by hand", "人工改选批次"), "adjusted": Words("stock put right", "库存调整"),
    "proves": Words("What this proves, and what not", "这能证明什么，不能证明什么"),
    "limits": Words(
        "The record proves who said this, and since when it stands unchanged: check it with lotproof-verify or at the"
        " lot’s public page, without trusting us. This paper is a copy of it and proves nothing by itself. Nothing"
        " proves that what was said is true, or that a package in your hand is of this lot.",
        "记录可证明何人作出声明、声明自何时起未被更改：可用 lotproof-verify 或批次公开页面自行核查，无需信任本企业。"
        "本纸质报告仅为副本，本身不构成证明。声明内容是否属实、手中货物是否属于本批次，均无法由此证明。"),
}  # fmt: skip
