"""What states of goods and records, movements and acts of a case are called, on pages and on papers."""

from collections.abc import Mapping

from service.papers.words import Language, Words

PLACES: Mapping[str, Words] = {
    "supply": Words("supply", "供应"), "customer": Words("customer", "客户"),
    "in transit": Words("in transit", "交接在途"), "consumed": Words("consumed", "消耗"),
    "produced": Words("produced", "产出"), "destroyed": Words("destroyed", "销毁"),
    "transfer": Words("transfer", "调拨在途"), "returned": Words("returned", "退货"),
    "adjustment": Words("adjustment", "调整"), "disputed": Words("disputed", "争议"),
    "handed over": Words("handed over", "已移交"), "elsewhere": Words("elsewhere", "他处"),
}  # fmt: skip
_HOLD, _HELD = " (hold)", Words(" (on hold)", "（冻结）")


def places(told: str | None, language: Language) -> str:
    """The places of a movement as its history names them (`HZ/A-01 (hold), consumed`), in the reader's words; a place
    with a code keeps it."""
    return ", ".join(_place(each, language) for each in told.split(", ")) if told else ""


def _place(told: str, language: Language) -> str:
    if told.endswith(_HOLD):
        return told.removesuffix(_HOLD) + _HELD.in_language(language)
    return PLACES[told].in_language(language) if told in PLACES else told


SPOKEN: Mapping[str, Words] = {
    "goods.available": Words("Released", "合格"),
    "goods.partly_hold": Words("Partly on hold", "部分冻结"),
    "goods.hold": Words("On hold", "待定（冻结）"),
    "goods.expired": Words("Expired", "已过期"),
    "goods.recalled": Words("Recalled", "已召回"),
    "goods.gone": Words("None left", "无库存"),
    "record.recorded": Words("recorded", "已记录"),
    "record.sequenced": Words("in the log", "已入账"),
    "record.anchored": Words("anchored", "已上链"),
    "record.final": Words("anchored, final", "已上链（不可回滚）"),
    "type.register": Words("registered", "登记"),
    "type.receive": Words("received", "收货"),
    "type.take_back": Words("taken back", "退货收回"),
    "type.move": Words("moved", "移库"),
    "type.pick": Words("picked", "拣货"),
    "type.hold": Words("put on hold", "冻结"),
    "type.release": Words("released", "放行"),
    "type.count": Words("counted", "盘点"),
    "type.split": Words("split", "拆分"),
    "type.merge": Words("merged", "合并"),
    "type.repack": Words("repacked", "重新包装"),
    "type.produce": Words("produced", "生产"),
    "type.rework": Words("reworked", "返工"),
    "type.pack": Words("packed", "装盘"),
    "type.unpack": Words("unpacked", "拆盘"),
    "type.relocate": Words("pallet moved", "托盘移库"),
    "type.offer": Words("offered", "发出交接"),
    "type.accept": Words("accepted", "接收"),
    "type.refuse": Words("refused", "拒收"),
    "type.withdraw": Words("withdrawn", "撤回"),
    "type.send": Words("sent between sites", "调拨发出"),
    "type.arrive": Words("arrived", "调拨到达"),
    "type.settle": Words("difference settled", "差异处理"),
    "type.ship": Words("shipped", "发货"),
    "type.return": Words("returned", "退货"),
    "type.destroy": Words("destroyed", "销毁"),
    "type.recall": Words("recalled", "召回"),
    "type.lift": Words("recall ended", "解除召回"),
    "type.inspect": Words("inspected", "验收"),
    "case.open": Words("waiting", "待验"),
    "case.under_review": Words("under review", "调查中"),
    "case.decided": Words("to be signed", "待签"),
    "case.closed": Words("closed", "已结"),
    "act.open": Words("opened the case", "提出"),
    "act.find": Words("found", "检查结果"),
    "act.attach": Words("attached a file", "添加附件"),
    "act.review": Words("took it up", "开始调查"),
    "act.decide": Words("decided", "作出决定"),
    "act.approve": Words("approved", "批准"),
    "act.reject": Words("rejected", "驳回"),
    "act.finish_part": Words("carried out in part", "部分执行"),
    "act.finish": Words("closed", "结案"),
    "cause.damaged": Words("damaged", "破损"),
    "cause.contaminated": Words("contaminated", "污染"),
    "cause.expired": Words("expired", "过期"),
    "cause.suspect": Words("suspect", "可疑"),
    "cause.temperature": Words("temperature", "温度异常"),
    "cause.humidity": Words("humidity", "湿度异常"),
    "cause.recall": Words("recall", "召回"),
    "cause.other": Words("other", "其他"),
    "ruling.release": Words("release", "放行"),
    "ruling.partial_release": Words("release in part", "部分放行"),
    "ruling.rework": Words("rework", "返工"),
    "ruling.return_to_supplier": Words("return to the supplier", "退回供应商"),
    "ruling.destroy": Words("destroy", "销毁"),
    "ruling.keep_on_hold": Words("keep on hold", "继续冻结"),
}
