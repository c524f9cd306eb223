"""Names are spelled one way, and digits that do not check are not taken."""

import pytest

from service.domain import identifiers as names
from service.domain.errors import BadName, BadText
from verifier.uri import lot_uri


@pytest.mark.parametrize("gtin", ["09506000134352", "09506000117515", "00000000000000"])
def test_a_gtin_with_its_check_digit_is_taken(gtin: str) -> None:
    assert names.check_gtin(gtin) == gtin


@pytest.mark.parametrize("gtin", ["09506000134353", "9506000134352", "0950600013435a", "０9506000134352", ""])
def test_any_other_gtin_is_refused(gtin: str) -> None:
    with pytest.raises(BadName):
        names.check_gtin(gtin)


def test_a_gln_has_thirteen_digits_and_a_check_digit() -> None:
    assert names.check_gln("9506000134369") == "9506000134369"
    with pytest.raises(BadName, match="check digit 9"):
        names.check_gln("9506000134368")


@pytest.mark.parametrize("number", ["YY20251101-001", "A/90+(x)", "1", "_" * 20, "%41", "a;b", "<b>"])
def test_a_lot_number_of_set_82_also_makes_a_uri(number: str) -> None:
    assert lot_uri("09506000134352", names.check_lot_number(number))


@pytest.mark.parametrize("number", ["", ".", "..", "x" * 21, "LОT-1", "LOT A", "LOT\u200b", "ＬＯＴ", "l#1", "a\n"])
def test_a_lot_number_that_would_not_fit_a_label_is_refused(number: str) -> None:
    with pytest.raises(BadName):
        names.check_lot_number(number)


@pytest.mark.parametrize("code", ["farm", "a", "pharma-2", "0"])
def test_a_party_code_is_lower_case_words(code: str) -> None:
    assert names.check_party_code(code) == code


@pytest.mark.parametrize("code", ["Farm", "-a", "a-", "a_b", "a b", "", "a/b", "ä", "x" * 41, "a\n", ".."])
def test_any_other_party_code_is_refused(code: str) -> None:
    with pytest.raises(BadName):
        names.check_party_code(code)


@pytest.mark.parametrize("text", ["", " ", "a\nb", "a\0b", "\ud800", "a\u202eb", "a\u200bb", "x" * 201, "\x1b[31m"])
def test_text_that_no_screen_can_show_is_refused(text: str) -> None:
    with pytest.raises(BadText):
        names.check_text("reason", text)


def test_text_in_any_script_is_taken() -> None:
    assert names.check_text("supplier", "上海制药 (Shanghai) – Müller & Söhne")
