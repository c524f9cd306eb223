"""What a device cannot send: warned of, saved, loaded on another one; photographs that go with a hold; the voice."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, expect

from tests.e2e.floor.hand import LINES, Phone, another, item, lot, phone, sales_order, stock
from tests.e2e.floor.test_outbox import movements, own, put_away  # noqa: F401 - a fixture
from tests.service.api.conftest import Caller

pytestmark = pytest.mark.xdist_group("floor")

HOUR = 3_600_000
SPOKEN = """window.spoken = [];
Object.defineProperty(window, "speechSynthesis", { value: {
  speak: (said) => window.spoken.push([said.lang, said.text]), cancel: () => {} } });"""


def picture() -> bytes:
    """Larger than it is sent, with a place in it (EXIF)."""
    exif = Image.Exif()
    exif[0x9286] = "GPS 31.2,121.5"
    held = io.BytesIO()
    Image.new("RGB", (2400, 1200), (180, 40, 20)).save(held, "JPEG", exif=exif)
    return held.getvalue()


def test_a_photograph_of_the_damage_goes_into_the_case(own: Phone) -> None:  # noqa: F811
    number = lot(own.company)
    own.open("floor/hold")
    own.read(number)
    own.page.locator("#photo").set_input_files({"name": "x.txt", "mimeType": "image/png", "buffer": b"no picture"})
    own.says("no picture that can be read")
    own.page.locator("#photo").set_input_files({"name": "a.jpg", "mimeType": "image/jpeg", "buffer": picture()})
    expect(own.page.locator(".photos img")).to_have_count(1)
    own.page.locator("#work .choose button").first.tap()
    own.dead_spot(True)
    own.page.get_by_role("button", name="HOLD").tap()
    expect(own.page.locator(".undo-row").first).to_be_visible()
    own.page.clock.fast_forward(5_200)
    own.dead_spot(False)
    own.emptied()
    cases = own.company.get("/quarantine-cases?limit=100")["cases"]
    case = next(each["id"] for each in cases if each["goods"][0]["lot"] == number)
    (file,) = own.company.get(f"/quarantine-cases/{case}")["attachments"]
    assert file["content_type"] == "image/jpeg" and file["name"].startswith("hold-") and file["by"] == own.person
    content = own.company.send("GET", file["url"].removeprefix("/api/v1")).data
    sent = Image.open(io.BytesIO(content))
    assert sent.size == (1600, 800) and not sent.getexif(), "made small, and nothing of where it was taken"


def test_what_waits_for_hours_is_warned_of_and_a_file_of_it_is_sent_by_another_device(
    own: Phone,  # noqa: F811
    chromium: Browser,
    tmp_path: Path,
) -> None:
    number = lot(own.company)
    own.open("floor/move")
    own.read(number)
    own.dead_spot(True)
    own.read("SX/A-02")
    own.page.clock.fast_forward(1_600)
    own.read("SX/A-02")
    box = own.page.locator("#outbox")
    expect(box).to_have_attribute("data-age", "")
    own.page.clock.fast_forward(5 * HOUR)
    expect(box).to_have_attribute("data-age", "late")
    own.page.clock.fast_forward(20 * HOUR)
    expect(box).to_have_attribute("data-age", "overdue")
    expect(own.page.locator("#outbox-late")).to_contain_text("waits for 25 hours")
    with own.page.expect_download() as saved:
        own.page.get_by_role("button", name="Save as a file").tap()
    file = json.loads(saved.value.path().read_text())
    assert file["format"] == "lotproof-outbox/1" and len(file["entries"]) == 1
    LINES[own.url].cut = False  # only the first device has no network now
    with another(chromium, own) as other:
        other.open("floor/device")
        for lie, words in LIES.items():
            load(other, json.dumps(bent(file, lie)).encode())
            alert = other.page.locator("#floor-alert")
            expect(alert).to_contain_text(words)
            other.page.keyboard.press("Escape")
            assert other.waiting() == 0
        load(other, json.dumps(file).encode())
        other.says("Loaded: 1")
        expect(other.page.locator('#outbox-list [data-state="sent"]')).to_have_count(1, timeout=15_000)
        load(other, json.dumps(file).encode())
        other.says("Loaded: 0")
    assert stock(own.company, number) == {"SX/A-02": "100"}
    own.dead_spot(False)
    own.emptied()
    assert movements(own.company, number) == ["receive", "move"], "sent by both, recorded once"


NOT_DONE = "what the floor does not do"
LIES = {"junk": "Expected the file of an outbox", "owner": "this is one of somebody else", "step": NOT_DONE,
        "method": NOT_DONE, "over": NOT_DONE}  # fmt: skip


def bent(file: Any, lie: str) -> Any:
    copy = json.loads(json.dumps(file))
    step = copy["entries"][0]["steps"][-1]
    if lie == "owner":
        copy["owner"] = "somebody else"
    elif lie == "step":
        step["path"] = "/api-keys"
    elif lie == "method":
        step["method"] = "DELETE"
    elif lie == "over":
        step["over"] = {"path": "/people", "member": "state", "open": "x"}
    else:
        copy["entries"] = "many"
    return copy


def load(held: Phone, content: bytes) -> None:
    held.page.locator("#outbox-file").set_input_files(
        {"name": "outbox.json", "mimeType": "application/json", "buffer": content}
    )


def test_place_and_quantity_of_a_pick_are_spoken_where_it_is_switched_on(
    chromium: Browser, url: str, maker: Caller
) -> None:
    of = item(maker)
    number = lot(maker, "5", item=of)
    order = sales_order(maker, of, "5")
    with phone(chromium, url, maker, "operator") as held:
        held.context.add_init_script(SPOKEN)
        held.open(f"floor/pick/{order}")
        held.page.locator("form button.main").tap()
        held.page.wait_for_selector(".pick-card")
        assert held.page.evaluate("window.spoken") == [], "not before somebody wants it"
        held.open("floor/device")
        held.page.locator("#voice").check()
        held.open(f"floor/pick/{order}")
        assert held.page.evaluate("window.spoken") == [["en-GB", "A – 0 1. Take 5 EA."]]
        held.open(f"floor/pick/{order}?lang=zh")
        assert held.page.evaluate("window.spoken") == [["zh-CN", "A – 0 1，取 5 EA。"]]
        held.read("NOSUCHTHING")
        held.page.keyboard.press("Escape")
        held.read(number)
        expect(held.page.locator("#after")).to_be_visible()
        assert len(held.page.evaluate("window.spoken")) >= 2
        held.sent()
