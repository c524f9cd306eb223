"""Papers read back by other programs: nothing is cut, nothing lies on anything else, every code says its line."""

import re
from collections.abc import Callable
from typing import Any

import pypdf
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.papers.certificate import certificate_pdf
from service.papers.certificate_words import W
from service.papers.letters import printable
from service.papers.pick_list import pick_list_pdf
from service.papers.slip import slip_pdf
from service.papers.words import Language
from tests.service.papers import told
from tests.service.papers.reader import codes_of, faults, pages_of, squeezed, text_of

ZONE = "Asia/Shanghai"
BOTH = pytest.mark.parametrize("language", ["en", "zh"])
Draw = Callable[[Language], bytes]


def slip(*lines: dict[str, Any], language: Language = "en", **changes: Any) -> bytes:
    return slip_pdf(told.slip(*lines, **changes), ZONE, language)


def pick_list(*stops: dict[str, Any], language: Language = "en") -> bytes:
    return pick_list_pdf(told.pick_list(*stops), ZONE, told.NOON, language)


def certificate(data: dict[str, Any], language: Language = "en") -> bytes:
    return certificate_pdf(data, told.ORIGIN, told.NOON, language)


ALL: dict[str, Draw] = {
    "slip": lambda language: slip(*(told.slip_line(n) for n in range(1, 101)), language=language),
    "pick list": lambda language: pick_list(*(told.stop(n) for n in range(1, 101)), language=language),
    "certificate": lambda language: certificate(told.of_movement(*(told.goods(n) for n in range(1, 101))), language),
    "case": lambda language: certificate(told.of_case(*(told.goods(n) for n in range(1, 101))), language),
}
EACH = pytest.mark.parametrize("draw", ALL.values(), ids=ALL.keys())


@EACH
@BOTH
def test_the_same_paper_is_the_same_bytes_and_a_hundred_lines_are_all_there(draw: Draw, language: Language) -> None:
    pdf = draw(language)
    assert pdf == draw(language)
    text = text_of(pdf)
    assert all(text.count(f"L-{n:05}") >= 1 for n in range(1, 101))
    assert faults(pdf) == []


@EACH
@BOTH
def test_every_page_says_which_of_how_many_it_is_and_whose(draw: Draw, language: Language) -> None:
    pages = pages_of(draw(language))
    assert len(pages) > 5
    number = {"en": "Page{}of{}", "zh": "第{}页，共{}页"}[language]
    for at, page in enumerate(pages, 1):
        assert number.format(at, len(pages)) in page and ("SO-1187" in page or "DC-7" in page)


@EACH
def test_every_sign_of_the_chinese_papers_is_in_the_font(draw: Draw) -> None:
    assert "[U+" not in text_of(draw("zh"))
    assert not [said for said in W.values() if "[U+" in printable(said.zh + said.en)]


def test_pages_are_a4_and_the_fonts_are_embedded() -> None:
    import io

    for draw in ALL.values():
        for page in pypdf.PdfReader(io.BytesIO(draw("zh"))).pages:
            assert (round(page.mediabox.width), round(page.mediabox.height)) == (595, 842)
            fonts = [font.get_object() for font in page["/Resources"]["/Font"].values()]
            used = [font for font in fonts if font["/BaseFont"] != "/Helvetica"]
            assert used and all("/FontFile2" in font["/FontDescriptor"] for font in used)


def test_a_slip_says_all_that_its_answer_says() -> None:
    text = text_of(slip(told.slip_line(1, label_lot="MFR-7(B)", quantity="12.500", unit="KGM")))
    for said in ("Outboundslip", "SO-1187", "Chenghe", "GLN4012345000009", "江苏通渠医药有限公司", "CodeAPO",
                 "2026-11-2220:03+08:00", "Amoxicillincapsules0.25g", "24capsules", "ItemAMX", told.GTIN, "2.0–8.0°C",
                 "L-00001", "MFR-7(B)", "made2026-01-02", "expires2028-10-31", "12.500KGM",
                 f"(01){told.GTIN}(11)260102(17)281031(10)MFR-7(B)", "Pickedby", "Checkedby", "Receivedby",
                 "Endoftheslip.Lines:1", "Page1of1"):  # fmt: skip
        assert said in text, said


def test_a_chinese_slip_is_chinese() -> None:
    text = text_of(slip(told.slip_line(1, name="阿莫西林胶囊"), language="zh"))
    for said in ("随货同行单", "发货方", "收货方", "阿莫西林胶囊", "生产日期2026-01-02", "有效期至2028-10-31", "拣货人",
                 "出库复核人", "收货人", "盖章", "第1页，共1页"):  # fmt: skip
        assert said in text, said


def test_every_line_of_a_slip_has_its_own_code_that_a_scanner_reads() -> None:
    lines = [told.slip_line(n, lot=lot) for n, lot in enumerate(("L-1", "(17)991231", "ABCDEFGHIJ-12345.%&_"), 1)]
    lines += [told.slip_line(4, gtin=None), *(told.slip_line(n) for n in range(5, 20))]
    assert codes_of(slip(*lines)) == [("]d2", line["elements"]) for line in lines if line["gtin"]]
    assert squeezed(lines[3]["uri"]) in text_of(slip(*lines))


def test_a_shipment_is_named_above_its_first_line_only() -> None:
    text = text_of(slip(*(told.slip_line(n) for n in range(36, 44))))
    assert [text.count(f"Shipment00000000-0000-0000-0000-00000000000{n}") for n in (1, 2)] == [1, 1]


def test_a_pick_list_shows_where_what_and_how_much_is_left_and_no_code_of_the_goods() -> None:
    pdf = pick_list(told.stop(1, label_lot="MFR-7"), told.stop(2, picked="20", open="100"),
                    told.stop(3, picked="120", open="0"), told.stop(4, open="0", ended="five broken"),
                    told.stop(5, open="0.000", picked="0.500"))  # fmt: skip
    text = text_of(pdf)
    for said in ("Picklist", "SO-1187", "BringtoSX/DOCK", "2026-11-2220:03+08:00", "SXA-01", "L-00001", "MFR-7",
                 "120EA", "expires2028-10-31", "100EA20of120picked", "picked", "ended:fivebroken",
                 "Endofthelist.Stops:5,topick:2", "Taken:expires2028-10-31,theearliestusable."):  # fmt: skip
        assert said in text, said
    assert codes_of(pdf) == []
    begun = [told.stop(n, open="0" if n > 2 else "1") for n in range(1, 6)]
    chinese = text_of(pick_list(*begun, language="zh"))
    assert "拣货单结束：共5行，待拣2行" in chinese and "选用：有效期至2028-10-31，为可用库存中最早。" in chinese
    assert "chosen" not in chinese


def test_a_certificate_names_the_persons_the_goods_and_the_proof() -> None:
    pdf = certificate(told.of_movement(told.goods(1), told.goods(2)))
    text, statement = text_of(pdf), told.goods()["statement"]
    for said in ("Certificateofdestruction", "DC-7", "Chenghe", "2026-11-2220:03+08:00", "2026-11-2212:03:05Z",
                 "Reefer", "u-4", "u-9", "w-1", "w-2", "L-00002", "SX/NG", "1200EA", statement, "48192", "1234567",
                 "00000000-0000-0000-0000-000000000063", told.ORIGIN, "finalonthechain"):  # fmt: skip
        assert said in text, said
    assert codes_of(pdf) == [("]d1", f"ni:///sha-256;{statement}")]


@pytest.mark.parametrize(("status", "word"), [("recorded", "已记录"), ("sequenced", "已入账"), ("anchored", "已上链")])
def test_a_certificate_whose_record_is_not_final_says_as_of_when(status: str, word: str) -> None:
    waiting = told.goods(record_status=status, index=None, block=None, anchored_at=None)
    assert "asof2026-11-2212:03:05Z:notfinalyet" in text_of(certificate(told.of_movement(told.goods(2), waiting)))
    chinese = text_of(certificate(told.of_movement(told.goods(2), waiting), "zh"))
    assert word in chinese and "记录尚未最终确认" in chinese


def test_once_all_is_final_a_certificate_no_longer_changes() -> None:
    data = told.of_movement()
    later = told.NOON.replace(year=2031)
    assert certificate_pdf(data, told.ORIGIN, later, "en") == certificate(data)


def test_the_certificate_of_a_case_tells_its_story_and_names_each_movement_and_file() -> None:
    other = told.goods(2, statement="B" * 43, movement="00000000-0000-4000-8000-000000000001")
    pdf = certificate(told.of_case(told.goods(1), other), "zh")
    text = text_of(pdf)
    for said in ("销毁证明", "温度超标:Reeferopen", "u-1,2026-11-22", "u-q,2026-11-22", "“Ihavereadit”",
                 "pH:4.1·assay:81.5%", "reefer.jpg", "ab" * 32, "00000000-0000-4000-8000-000000000001"):  # fmt: skip
        assert said in text, said
    assert [content for _, content in codes_of(pdf)] == [
        f"ni:///sha-256;{row['statement']}" for row in (told.goods(1), other)]


@BOTH
def test_what_is_usual_fits_on_one_page(language: Language) -> None:
    two = told.of_movement(told.goods(1), told.goods(2))
    usual = (certificate(told.of_case(), language), certificate(two, language),
             slip(*(told.slip_line(n) for n in range(1, 6)), language=language),
             pick_list(*(told.stop(n) for n in range(1, 9)), language=language))  # fmt: skip
    assert [len(pages_of(pdf)) for pdf in usual] == [1, 1, 1, 1]


@BOTH
def test_the_longest_names_are_wrapped_and_never_cut(language: Language) -> None:
    order, lot, amount = "单" * 64, "W" * 20, "1234567890123456.123456789"
    line = told.slip_line(1, name=told.LONG, spec=told.LONG, lot=lot, label_lot="M" * 20, quantity=amount)
    party = {"code": "W" * 40, "name": told.LONG, "gln": "4012345000009"}
    long_slip = slip(line, line, order=order, sender=party, receiver=party, site="W" * 40, language=language)
    stops = told.stop(1, name=told.LONG, lot=lot, label_lot="M" * 20, location=f"{'W' * 40}/{'M' * 40}", open=amount,
                      quantity=amount, ended=None)  # fmt: skip
    ended = told.stop(2, name=told.LONG, open="0", ended=told.LONG)
    walk = {"id": "7", "order": order, "to": f"{'W' * 40}/{'M' * 40}", "lines": [stops, ended]}
    long_walk = pick_list_pdf(walk, ZONE, told.NOON, language)
    person, words = "W" * 64, (told.LONG * 6)[:1000]
    case = told.of_case(
        told.goods(1, name=told.LONG, lot=lot, quantity=amount, location=f"{'W' * 40}/{'M' * 40}"),
        certificate=order, party=party | {"id": "W" * 40, "uri": "https://log.example.com/" + "w" * 40},
        reason=told.LONG, witnesses=[person] * 10, opened_by=person, decided_by=person, words=told.LONG,
        approvals=[{"person": person, "meaning": told.LONG, "at": told.NOON}] * 10,
        findings=[{"by": person, "at": told.NOON, "words": words,
                   "measured": [{"name": "W" * 64, "value": "M" * 64, "unit": "W" * 20}] * 50}] * 3,
        attachments=[{"sha256": "ab" * 32, "name": told.LONG, "content_type": "image/jpeg", "size": 1}] * 50,
    )  # fmt: skip
    long_case = certificate(case, language)
    for pdf in (long_slip, long_walk, long_case):
        assert faults(pdf) == []
        assert told.LONG in text_of(pdf) and order in text_of(pdf) and amount in text_of(pdf)
    assert text_of(long_case).count("M" * 64) == 150
    assert re.search(f"{'W' * 64}.*{words[-40:]}", text_of(long_case))


def test_names_that_no_font_has_are_spelled_out_and_torn_over_pages_if_need_be() -> None:
    strange = "\U0001f48a" * 200
    spelled, party = "[U+1F48A]" * 200, {"code": None, "name": strange, "gln": None}
    line = told.slip_line(2, name=strange, spec=strange)
    pdf = slip(told.slip_line(1), line, told.slip_line(3), sender=party, receiver=party, order=strange[:64])
    last = pages_of(pdf)[-1]
    assert text_of(pdf).count(spelled[:9]) >= 4 * 200 and "L-00003" in text_of(pdf) and "Receivedby" in last
    assert codes_of(pdf) == [("]d2", told.slip_line(n)["elements"]) for n in (1, 2, 3)]
    walk = pick_list(told.stop(1, name=strange), told.stop(2))
    paper = certificate(told.of_case(told.goods(1, name=strange), words=strange, reason=strange))
    assert faults(pdf, margin=0) == faults(walk, margin=0) == faults(paper, margin=0) == []
    assert len(pages_of(pdf)) < 12 and "1200EA" in text_of(paper)


NAMES = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), min_size=1, max_size=200)


@given(NAMES, NAMES, st.sampled_from(["en", "zh"]))
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_name_is_printed_whole(name: str, spec: str, language: Language) -> None:
    pdf = slip(told.slip_line(1, name=name, spec=spec), told.slip_line(2), language=language)
    assert faults(pdf) == []
    symbols = [code for code in codes_of(pdf) if code[0] == "]d2"]  # strange letters may look like bars to a reader
    assert symbols == [("]d2", told.slip_line(n)["elements"]) for n in (1, 2)]
