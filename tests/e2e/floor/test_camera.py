"""The camera: a picture of a real label before a video device that is not; and photographs of labels that were hurt."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image, ImageDraw, ImageFilter, ImageFont
from playwright.sync_api import Browser, expect

from tests.e2e.floor.hand import Phone, phone
from tests.service.api.conftest import Caller
from tests.tools.browser import browser

pytestmark = pytest.mark.xdist_group("floor")

NATIVE = """window.BarcodeDetector = class {
  static asked = 0;
  async detect() {
    BarcodeDetector.asked++;
    if ("READER" === "hangs") return new Promise(() => {});
    if ("READER" === "fails") throw new DOMException("no service", "NotSupportedError");
    return [{ rawValue: "4006381333931", format: "READER" === "ean" ? "ean_13" : "data_matrix" }];
  }
};"""
"""As Chrome has it on Android: https://wicg.github.io/shape-detection-api/#barcode-detection-api."""

WIDTH, HEIGHT = 640, 480
LOT = "CAM0815"
LABEL = f"[01]09506000210018[17]281231[10]{LOT}"


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten pictures of a label, not quite straight and not quite sharp, as YUV4MPEG2."""
    code = zxingcpp.create_barcode(LABEL, zxingcpp.BarcodeFormat.DataMatrix, gs1=True)
    drawn = Image.fromarray(code.to_image(scale=7, add_quiet_zones=True)).rotate(7, expand=True, fillcolor=255)
    picture = Image.new("L", (WIDTH, HEIGHT), 200)
    picture.paste(drawn, (WIDTH // 2 - drawn.width // 2, HEIGHT // 2 - drawn.height // 2))
    luma = picture.filter(ImageFilter.GaussianBlur(1)).tobytes()
    frame = b"FRAME\n" + luma + bytes([128]) * (WIDTH * HEIGHT // 2)
    path = tmp_path_factory.mktemp("camera") / "label.y4m"
    path.write_bytes(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F10:1 Ip A1:1 C420jpeg\n".encode() + frame * 10)
    return path


@pytest.fixture(scope="module")
def chromium(video: Path) -> Iterator[Browser]:
    with browser("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
                 f"--use-file-for-fake-video-capture={video}") as running:  # fmt: skip
        yield running


@pytest.fixture(scope="module")
def seeing(chromium: Browser, url: str, maker: Caller) -> Iterator[Phone]:
    with phone(chromium, url, maker, "operator", permissions=["camera"]) as held:
        yield held


def test_a_label_before_the_camera_is_read_as_gs1_once(seeing: Phone) -> None:
    seeing.open("receive")
    assert not any("vendor" in each for each in loaded(seeing)), "its reader is loaded when it is used, and not before"
    seeing.page.get_by_role("button", name="Camera", exact=True).tap()
    expect(seeing.page.locator("#lot")).to_have_value(LOT, timeout=15_000)
    expect(seeing.page.locator("#expiry_date")).to_have_value("2028-12-31")
    expect(seeing.page.locator("#quantity")).to_have_value("1")
    heard = seeing.heard()
    seeing.page.wait_for_timeout(600)
    expect(seeing.page.locator("#quantity")).to_have_value("1")
    assert seeing.heard() == heard, "what stays in sight is one scan, and no ticking either"
    seeing.page.get_by_role("button", name="Close the camera").tap()
    expect(seeing.page.locator("video")).to_have_count(0)
    assert seeing.complaints == []


def test_a_photograph_is_read_and_offered_and_nothing_is_filled_in(seeing: Phone, maker: Caller) -> None:
    maker.receive("PHOTO24A017")
    seeing.open("floor/label")
    show(seeing, photograph("LOT PHOT024AO17"))
    expect(seeing.page.locator("#photo-says")).to_contain_text("sharp")
    offered = seeing.page.locator("#machine-read button")
    expect(offered.first).to_be_visible(timeout=30_000)
    expect(seeing.page.locator("#read")).to_have_value("")
    offered.first.tap()
    seeing.page.get_by_role("button", name="Which lots could it be?").tap()
    expect(seeing.page.locator(".candidates")).to_contain_text("PHOTO24A017")
    assert seeing.complaints == []


def test_a_blurred_photograph_is_called_blurred(seeing: Phone) -> None:
    seeing.open("floor/label")
    show(seeing, photograph("LOT PHOT024A017", blur=9))
    expect(seeing.page.locator("#photo-says")).to_contain_text("blurred")


def test_the_camera_is_tested_where_the_device_is(seeing: Phone) -> None:
    seeing.open("floor/device")
    seeing.page.get_by_role("button", name="Camera", exact=True).tap()
    expect(seeing.page.locator("#doctor")).to_contain_text(f"10{LOT}", timeout=15_000)
    seeing.page.get_by_role("button", name="Close the camera").tap()


@pytest.mark.parametrize(("reader", "own_program"), [("ean", False), ("gs1", True), ("hangs", True), ("fails", True)])
def test_the_browsers_own_reader_is_asked_first_and_given_up_where_it_hangs(
    seeing: Phone, reader: str, own_program: bool
) -> None:
    """GS1 codes are read once more, since only our own program says by what symbology they were read."""
    seeing.page.add_init_script(NATIVE.replace("READER", reader))
    seeing.open("floor/device")
    seeing.page.get_by_role("button", name="Camera", exact=True).tap()
    expected = f"10{LOT}" if own_program else "4006381333931"
    expect(seeing.page.locator("#doctor")).to_contain_text(expected, timeout=15_000)
    seeing.page.get_by_role("button", name="Close the camera").tap()
    asked = seeing.page.evaluate("BarcodeDetector.asked")
    assert asked >= 1 and (reader not in ("hangs", "fails") or asked == 1), "not asked again"
    assert own_program or not any("vendor" in each for each in loaded(seeing))


def loaded(held: Phone) -> list[str]:
    return list(held.page.evaluate("performance.getEntriesByType('resource').map((each) => each.name)"))


def show(held: Phone, picture: bytes) -> None:
    held.page.locator("#photo").set_input_files({"name": "label.png", "mimeType": "image/png", "buffer": picture})


def photograph(text: str, blur: float = 0.8) -> bytes:
    picture = Image.new("L", (900, 300), 225)
    ImageDraw.Draw(picture).text((40, 90), text, fill=40, font=ImageFont.load_default(80))
    held = io.BytesIO()
    picture.rotate(1.5, fillcolor=225).filter(ImageFilter.GaussianBlur(blur)).save(held, "PNG")
    return held.getvalue()
