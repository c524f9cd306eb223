"""The words of a certificate of destruction; what they say in each language is for a quality person to decide."""

from collections.abc import Mapping

from service.papers.words import Words

W: Mapping[str, Words] = {
    "title": Words("Certificate of destruction", "销毁证明"),
    "number": Words("Certificate no.", "证明编号"),
    "company": Words("Company", "企业"),
    "happened": Words("Destroyed", "销毁时间"),
    "recorded": Words("Recorded", "记录时间"),
    "sentence": Words(
        "The goods below were destroyed, on the approval of the persons named and before the witnesses named.",
        "下列货物已经销毁。销毁经下列人员批准，并由下列见证人到场见证。",
    ),
    "destroyed": Words("Goods destroyed", "销毁货物"),
    "no": Words("No.", "序号"),
    "goods": Words("Goods", "品名"),
    "lot": Words("Lot", "批号"),
    "place": Words("Taken from", "原库位"),
    "quantity": Words("Quantity", "数量"),
    "end": Words("End of the goods. Lines: {}", "销毁货物结束：共 {} 行"),
    "decision": Words("Decision", "决定"),
    "reason": Words("Reason", "原因"),
    "cause": Words("Found", "异常情况"),
    "opened": Words("Put on hold by", "锁定人"),
    "decided": Words("Decided by", "决定人"),
    "case": Words("Quarantine case", "隔离案件"),
    "approved": Words("Approved by", "批准人"),
    "witnessed": Words("Witnessed destruction", "销毁见证人"),
    "findings": Words("Findings", "检查结果"),
    "files": Words("Files", "附件"),
    "proof": Words("Where this is proven", "记录凭证"),
    "check": Words(
        "The movement is a signed statement in the log. Its receipt (/api/v1/movements/<id>/receipt) and the proof of"
        " each lot (/api/v1/lots/proof?lot=<URI>) are checked with lotproof-verify, without trusting us."
        " The code is the statement's hash (RFC 6920).",
        "本次移动是日志中的一份签名声明。回执（/api/v1/movements/<id>/receipt）与各批次的证明文件"
        "（/api/v1/lots/proof?lot=<URI>）可用 lotproof-verify 核查，无需信任企业或本服务。"
        "条码为声明哈希（RFC 6920）。",
    ),
    "movement": Words("Movement", "移动编号"),
    "statement": Words("Statement hash", "声明哈希"),
    "log": Words("Log", "日志"),
    "lot_uri": Words("Lot", "批次标识"),
    "index": Words("Log index", "日志序号"),
    "status": Words("Record status", "记录状态"),
    "block": Words("Block", "区块"),
    "anchored": Words("Anchored", "上链时间"),
    "final": Words("The record is final on the chain.", "记录已上链，不可回滚。"),
    "as_of": Words("Record status as of {}: not final yet.", "截至 {}：记录尚未最终确认。"),
    "limits": Words(
        "The record proves who said this, and since when it stands unchanged. That the goods were destroyed is what the"
        " witnesses say.",
        "记录证明何人作出声明，以及声明自何时起未被更改；货物确已销毁由见证人负责证明。",
    ),
}

STATUSES: Mapping[str, Words] = {
    "recorded": Words("recorded", "已记录"),
    "sequenced": Words("sequenced", "已入账"),
    "anchored": Words("anchored", "已上链"),
    "final": Words("final", "已上链（不可回滚）"),
}

CAUSES: Mapping[str, Words] = {
    "damaged": Words("damaged", "破损"),
    "contaminated": Words("contaminated", "污染"),
    "expired": Words("expired", "过期"),
    "suspect": Words("suspect", "可疑"),
    "temperature": Words("temperature", "温度超标"),
    "recall": Words("recall", "召回"),
    "other": Words("other", "其他"),
}
