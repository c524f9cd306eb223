"""What is refused at a desk is said in the language of who reads; the words of the service stand beside it."""

from uuid import uuid4

from tests.service.api.conftest import Caller
from tests.service.console.test_acting import at_console


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
