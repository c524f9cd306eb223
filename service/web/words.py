"""The words of the pages, one catalogue for each language; test_pages.py holds their keys together."""

EN = {
    "lang": "en",
    "other": "简体中文",
    "other_lang": "zh",
    "title": "Lotproof",
    "lead": "A warehouse service whose lot records nobody can quietly rewrite – its own operator included.",
    "state": "State of this log",
    "origin": "Log",
    "entries": "Entries in the signed log",
    "anchored": "Of these, anchored on the chain",
    "last_anchor": "Last anchor",
    "never": "not yet",
    "contract": "Contract",
    "chain": "Chain",
    "alarm": "Attention",
    "build": "For warehouse and ERP systems",
    "build_text": "One HTTP interface, described completely. Each party signs in with its own API key.",
    "docs": "Read the interface",
    "openapi": "OpenAPI 3.1 document",
    "check": "For partners and regulators",
    "check_text": "You do not have to trust this server. Take the verifier – one file, plain Python with the package "
    "cryptography – and check a lot proof against the chain through a node of your own.",
    "verifier": "Download the verifier",
    "policy": "Draft of a policy",
    "policy_text": "The policy says whom you trust. Compare every line of the draft with what you were given in "
    "another way: by contract, by letter, in person.",
    "checkpoint": "Newest signed checkpoint",
    "not_proven": "What no proof can show: that a statement is true, that nothing was kept back from the log, "
    "or that the package in your hand belongs to this lot.",
    "docs_title": "The HTTP interface",
    "docs_lead": "Every operation, its shape and its refusals. Errors are application/problem+json (RFC 9457).",
    "roles": "Roles",
    "public": "public",
    "takes": "Takes",
    "example": "Example",
    "answers": "Answers",
    "parameters": "Parameters",
    "required": "required",
    "shapes": "Shapes",
    "one_of": "one of",
    "home": "Start",
}

ZH = {
    "lang": "zh-CN",
    "other": "English",
    "other_lang": "en",
    "title": "Lotproof 批次存证",
    "lead": "一个仓储服务：批次记录谁也不能悄悄改写，包括运营方自己。",
    "state": "本日志的状态",
    "origin": "日志",
    "entries": "已签名日志中的条目",
    "anchored": "其中已锚定上链",
    "last_anchor": "最近一次锚定",
    "never": "尚未",
    "contract": "合约",
    "chain": "链",
    "alarm": "注意",
    "build": "面向仓储系统与 ERP",
    "build_text": "一套 HTTP 接口，描述完整。每个企业用自己的 API 密钥访问。",
    "docs": "查看接口说明",
    "openapi": "OpenAPI 3.1 文档",
    "check": "面向合作伙伴与监管机构",
    "check_text": "您不必信任这台服务器。下载验证工具（单个文件，只需 Python 和 cryptography 包），"
    "通过您自己的节点，对照区块链核验批次证明。",
    "verifier": "下载验证工具",
    "policy": "信任策略草稿",
    "policy_text": "策略写明您信任谁。请把草稿的每一行与您从其他途径（合同、信函、当面）得到的内容逐一核对。",
    "checkpoint": "最新的签名检查点",
    "not_proven": "任何证明都无法说明：陈述本身是否属实，是否有事项从未提交到日志，或您手中的包装是否就是这一批次。",
    "docs_title": "HTTP 接口",
    "docs_lead": "每个操作、它的结构和可能的拒绝。错误为 application/problem+json（RFC 9457）。",
    "roles": "角色",
    "public": "公开",
    "takes": "输入",
    "example": "示例",
    "answers": "回答",
    "parameters": "参数",
    "required": "必填",
    "shapes": "结构",
    "one_of": "其中之一",
    "home": "首页",
}

CATALOGUES = {"en": EN, "zh": ZH}


def chosen(asked: str | None, accepted: str | None) -> dict[str, str]:
    """The catalogue that was asked for in the address, else the first accepted one we have; English otherwise."""
    if asked in CATALOGUES:
        return CATALOGUES[asked]
    for part in (accepted or "").split(","):
        if (primary := part.split(";")[0].strip().lower().split("-")[0]) in CATALOGUES:
            return CATALOGUES[primary]
    return EN
