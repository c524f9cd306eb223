"""The scanner that types: at any speed, into any field, through input methods, with each spelling of the separator."""

from uuid import uuid4

import pytest
from playwright.sync_api import expect

from tests.e2e.floor.hand import SILENCE_MS, Phone, lot

pytestmark = pytest.mark.xdist_group("floor")

EMPTIED = "document.getElementById('receive').reset(); document.getElementById('item').value = ''"
RAW = """document.activeElement.dispatchEvent(new KeyboardEvent('keydown',
  {key: '\\x1d', bubbles: true, cancelable: true}))"""
TYPED_BY_INPUT_METHOD = """(text) => {
  const places = {...Object.fromEntries([...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'].map((each) => [each, 'Key' + each])),
                  ...Object.fromEntries([...'0123456789'].map((each) => [each, 'Digit' + each]))};
  const target = document.activeElement;
  for (const each of text) target.dispatchEvent(new KeyboardEvent('keydown', {key: 'Process', keyCode: 229,
    code: places[each], shiftKey: /[A-Z]/.test(each), bubbles: true, cancelable: true}));
  target.value = '\u83dc\u5355';
  target.dispatchEvent(new CompositionEvent('compositionend', {data: '\u83dc\u5355', bubbles: true}));
  target.dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', code: 'Enter', bubbles: true, cancelable: true}));
}"""
SWALLOWED = """() => {
  const field = document.getElementById('code');
  field.focus();
  field.value = '\u83dc\u5355';
  field.dispatchEvent(new CompositionEvent('compositionend', {data: '\u83dc\u5355', bubbles: true}));
  field.dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', code: 'Enter', bubbles: true, cancelable: true}));
}"""
COMMITTED_AT_ONCE = """(text) => {
  const field = document.getElementById('code');
  field.focus();
  field.value = text;
  field.dispatchEvent(new InputEvent('input', {data: text, inputType: 'insertText', bubbles: true}));
}"""


def label() -> tuple[str, str, str]:
    """A new lot's number, and the label of it in two parts, between which the separator goes."""
    number = f"W{uuid4().hex[:8].upper()}"
    return number, f"]d2010950600021001817281231{'10' + number}", "3025"


def filled(hand: Phone, number: str) -> None:
    expect(hand.page.locator("#lot")).to_have_value(number)
    expect(hand.page.locator("#quantity")).to_have_value("25")


@pytest.mark.parametrize("focused", [False, True])
@pytest.mark.parametrize("form", ["<GS>", "{GS}", "\u241d", "F8", "Control+]", "Alt+029", "raw"])
def test_the_separator_is_heard_in_each_of_its_spellings(hand: Phone, form: str, focused: bool) -> None:
    hand.at("receive")
    hand.page.evaluate(EMPTIED)
    number, before, after = label()
    keys = hand.page.keyboard
    if focused or form == "\u241d":  # a sign without a key, which only a field takes
        hand.page.locator("#code").focus()
    keys.type(before)
    if form == "Alt+029":
        keys.down("Alt")
        for each in ("Numpad0", "Numpad2", "Numpad9"):
            keys.press(each)
        keys.up("Alt")
    elif form == "raw":
        hand.page.evaluate(RAW)
    elif form[0] in "FC":
        keys.press(form)
    else:
        keys.type(form)
    keys.type(after)
    keys.press("Enter")
    filled(hand, number)


@pytest.mark.parametrize("ms", [5, 40])
@pytest.mark.parametrize("suffix", ["Enter", "Tab", ""])
def test_a_code_is_heard_wherever_the_page_is_at_any_speed_and_end(hand: Phone, ms: float, suffix: str) -> None:
    number = lot(hand.company)
    hand.at("floor/move")
    hand.scan(number, ms, suffix)
    hand.page.clock.run_for(SILENCE_MS + 100)
    hand.says(number)
    assert hand.page.url.endswith("/floor/move"), "Enter never submits"


def test_a_scan_into_another_field_leaves_the_field_as_it_was(hand: Phone) -> None:
    hand.open("receive")
    number, before, after = label()
    hand.page.locator("#supplier").fill("Acme")
    hand.page.locator("#supplier").focus()
    hand.scan(f"{before}<GS>{after}", 2)
    filled(hand, number)
    expect(hand.page.locator("#supplier")).to_have_value("Acme")


def test_what_a_hand_types_into_a_field_is_no_scan_and_enter_sends_nothing(hand: Phone) -> None:
    hand.open("receive")
    before = hand.heard()
    hand.page.locator("#supplier").fill("")
    hand.page.locator("#supplier").press_sequentially("Acme Pharma", delay=60)
    hand.page.keyboard.press("Enter")
    expect(hand.page.locator("#supplier")).to_have_value("Acme Pharma")
    assert hand.heard() == before and hand.waiting() == 0


def test_an_input_method_does_not_change_what_is_scanned(hand: Phone) -> None:
    number = lot(hand.company)
    hand.open("floor/move")
    hand.page.locator("#code").focus()
    hand.page.evaluate(TYPED_BY_INPUT_METHOD, number)
    hand.says(number, "Scan the place")


def test_what_an_input_method_swallowed_is_said_and_not_looked_up(hand: Phone) -> None:
    hand.open("floor/move")
    hand.page.evaluate(SWALLOWED)
    hand.says("Your input method is on", "Switch to English")
    assert hand.last_sound() == "warning"


def test_a_scanner_that_puts_whole_texts_into_the_field_is_heard(hand: Phone) -> None:
    number = lot(hand.company)
    hand.open("floor/move")
    hand.page.evaluate(COMMITTED_AT_ONCE, number)
    hand.page.clock.run_for(SILENCE_MS + 100)
    hand.says(number, "Scan the place")
    expect(hand.page.locator("#code")).to_have_value("")


def test_the_same_code_twice_at_once_counts_once_and_later_again(hand: Phone) -> None:
    place = f"C-{uuid4().hex[:6]}"
    hand.company.post("/locations", {"site": "SX", "code": place, "kind": "storage"})
    number = lot(hand.company, to=f"SX/{place}")
    hand.open("floor/count")
    hand.read(f"SX/{place}")
    counted = hand.page.locator(f'[data-lot="{number}"] input')
    hand.read(number)
    hand.read(number)
    assert hand.last_sound() == "duplicate"
    expect(counted).to_have_value("1")
    hand.page.clock.fast_forward(1_600)
    hand.read(number)
    expect(counted).to_have_value("2")
    hand.page.get_by_role("button", name="Stop this count").tap()


def test_a_prefix_that_the_scanner_sends_is_left_out(hand: Phone) -> None:
    number = lot(hand.company)
    hand.open("floor/device")
    hand.scan("*]d2010950600013435210AbYz-9/_<GS>21Test0")
    hand.page.get_by_role("button", name="Leave out “*”").tap()
    hand.open("floor/move")
    hand.read(f"*{number}")
    hand.says(number, "Scan the place")
    hand.page.evaluate("document.cookie = 'lotproof-prefix=; path=/console/; max-age=0'")


@pytest.mark.parametrize(("typed", "advice"), [
    ("]d2010950600013435210AbYz-9/_<GS>21Test0", "fine"),
    ("]d2010950600013435210AbYz-9/_21Test0", "gs"),
    ("010950600013435210AbYz-9/_<GS>21Test0", "symbology"),
    ("]d2010950600013435210aByZ-9/_<GS>21tEST0", "caps"),
    ("]d2010950600013435210AbZy/9&?<GS>21Test0", "layout"),
])  # fmt: skip
def test_the_doctor_says_which_setting_of_the_scanner_is_wrong(hand: Phone, typed: str, advice: str) -> None:
    hand.at("floor/device")
    hand.scan(typed)
    expect(hand.page.locator("#doctor li").first).to_have_attribute("data-advice", advice)
    hand.says("Enter")


def test_the_doctor_misses_the_end_of_a_code(hand: Phone) -> None:
    hand.at("floor/device")
    hand.scan("]d2010950600013435210AbYz-9/_<GS>21Test0", suffix="")
    hand.page.clock.run_for(SILENCE_MS + 100)
    expect(hand.page.locator('#doctor [data-advice="suffix"]')).to_be_visible()


def test_no_script_complained(hand: Phone) -> None:
    assert hand.complaints == []
