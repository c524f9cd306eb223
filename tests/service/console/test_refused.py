"""What is refused at a desk is said in the language of who reads; the words of the service stand beside it."""

import re
from uuid import uuid4

from service.console.refused import finding_in_words
from tests.service.api.conftest import Caller
from tests.service.console.test_acting import at_console
from tests.tools.browser import ROOT


def test_a_refusal_on_a_chinese_page_is_chinese(maker: Caller) -> None:
    floor = at_console(maker, "operator")
    form = floor.forms("/console/receive")["/console/receive"]
    fields = form | {"item": "NO-SUCH", "lot": "L", "quantity": "1", "to": "SX/A-01", "supplier": "Acme"}
    said = floor.submit(fields, "/console/receive?lang=zh", 409).get_data(as_text=True)
    assert "没有品种“NO-SUCH”" in said and "应为: 已有的品种" in said and '<p lang="en">no item' in said
    assert "no item" not in said.partition("系统原文")[0]
    assert "no item &#39;NO-SUCH&#39; here" in floor.submit(fields, "/console/receive", 409).get_data(as_text=True)


def test_the_same_is_said_by_the_interface_to_whoever_asks_in_chinese(maker: Caller) -> None:
    body = {"id": str(uuid4()), "type": "move", "from": "SX/A-01", "to": "SX/A-02",
            "lines": [{"item": "AMX", "lot": "NO-SUCH", "quantity": "1"}]}  # fmt: skip
    answer = maker.send("POST", "/movements", body, **{"Accept-Language": "zh-CN,zh;q=0.9"})
    told = answer.get_json()
    assert answer.status_code == 409 and answer.headers["Content-Language"] == "zh-CN"
    assert told["type"] == "urn:lotproof:problem:unknown-thing" and "没有AMX 的批次“NO-SUCH”" in told["detail"]
    assert told["expected"] == "a known lot of AMX" and told["in_words"]["expected"] == "已有的AMX 的批次"
    english = maker.send("POST", "/movements", body, **{"Accept-Language": "de, en"})
    assert english.get_json()["detail"].startswith("no lot of AMX") and "Content-Language" not in english.headers


def test_a_wrong_field_is_named_in_chinese(maker: Caller) -> None:
    floor = at_console(maker, "operator")
    form = floor.forms("/console/receive")["/console/receive"]
    fields = form | {"item": "AMX", "lot": "L", "quantity": "1,5", "to": "SX/A-01", "supplier": "Acme"}
    said = floor.submit(fields, "/console/receive?lang=zh", 422).get_data(as_text=True)
    assert "<li>数量: 应为如 12 或 0.250 的数字，实为 1,5</li>" in said


CODES = re.findall(r'Finding\(f?"([\w{}-]+)"', (ROOT / "service" / "scans" / "judge.py").read_text())


def test_every_finding_of_a_scan_is_said_in_chinese() -> None:
    for code in {each.replace("{name}", date) for each in CODES for date in ("expiry", "production")}:
        said = finding_in_words("zh", {"finding": code, "detail": "no", "expected": "<e>", "seen": "<s>"})
        assert re.search("[一-鿿]", said) and "{" not in said, code


def test_a_scan_without_a_script_is_answered_in_chinese(maker: Caller) -> None:
    floor = at_console(maker, "operator")
    form = floor.forms("/console/scan")["/console/scan"]
    said = floor.submit(form | {"code": "NO-SUCH-CODE"}, "/console/scan?lang=zh", 200).get_data(as_text=True)
    assert "没有同名的品种、批次、货位或托盘" in said and "names no" not in said and "Check what" not in said
