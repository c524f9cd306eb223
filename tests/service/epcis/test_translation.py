"""URN and Digital Link: each kind of key there and back, every spelling to one, and what is left alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.epcis.keys import check_digit
from service.epcis.translation import canonical, known_prefix, to_urn

PAIRS = [
    ("urn:epc:id:sgtin:4012345.012345.12", "01/04012345123456/21/12"),
    ("urn:epc:class:lgtin:4054739.099914.20160711", "01/04054739999148/10/20160711"),
    ("urn:epc:idpat:sgtin:4054739.099914.*", "01/04054739999148"),
    ("urn:epc:id:sscc:4012345.0000000333", "00/040123450000003338"),
    ("urn:epc:id:sgln:4012345.00011.987", "414/4012345000115/254/987"),
    ("urn:epc:id:sgln:4012345.00011.0", "414/4012345000115"),
    ("urn:epc:id:pgln:4012345.00000", "417/4012345000009"),
    ("urn:epc:id:grai:4012345.66666.87", "8003/0401234566666387"),
    ("urn:epc:idpat:grai:4012345.66666.*", "8003/04012345666663"),
    ("urn:epc:id:giai:4012345.AAbb", "8004/4012345AAbb"),
    ("urn:epc:id:gsrn:4012345.9876540000", "8018/401234598765400000"),
    ("urn:epc:id:gsrnp:4012345.0000098765", "8017/401234500000987658"),
    ("urn:epc:id:gdti:4012345.55555.98", "253/401234555555498"),
    ("urn:epc:id:sgcn:4012345.99999.44", "255/401234599999044"),
    ("urn:epc:id:cpi:4012345.ABC.123", "8010/4012345ABC/8011/123"),
    ("urn:epc:id:ginc:4012345.333", "401/4012345333"),
    ("urn:epc:id:gsin:4012345.999987654", "402/40123459999876541"),
    ("urn:epc:id:itip:4012345.012345.01.02.999", "8006/040123451234560102/21/999"),
    ("urn:epc:id:upui:4012345.012345.AB12", "01/04012345123456/235/AB12"),
]
SET_82 = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"


def seven(digits: str) -> int:
    return 7


@pytest.mark.parametrize(("urn", "link"), PAIRS)
def test_there_and_back(urn: str, link: str) -> None:
    assert canonical(urn) == f"https://id.gs1.org/{link}"
    assert to_urn(f"https://id.gs1.org/{link}", seven, of_class="pat:" in urn) == urn
    assert known_prefix(urn) in ("4012345", "4054739")


@pytest.mark.parametrize("spelled", [
    "https://id.gs1.org/01/04012345123456/10/LOT%2F1", "https://example.com/01/04012345123456/10/LOT%2F1?17=270630",
    "http://example.com/some/path/gtin/4012345123456/lot/LOT%2F1#x", "https://x.example/01/4012345123456/22/2A/10/LOT%2f1",
])  # fmt: skip
def test_every_spelling_of_a_lot_is_one(spelled: str) -> None:
    assert canonical(spelled) == "https://id.gs1.org/01/04012345123456/10/LOT%2F1"


@pytest.mark.parametrize("uri", [
    "urn:epc:id:sgtin:401.1.1", "urn:epc:id:sgtin:4012345.01234.12", "urn:epc:id:sscc:4012345.abc", "urn:epc:id:x:1.2",
    "https://example.com/10/123", "https://example.com/01/abc", "urn:uuid:831c0292-4de1-430a-8255-2aca821abaab",
    "https://example.com/01/04012345123456/99/1", "https://example.com/%FF/01/04012345123456/10/%FF",
])  # fmt: skip
def test_what_is_no_gs1_key_stays_as_it_is(uri: str) -> None:
    assert canonical(uri) == uri


def test_without_a_known_prefix_a_link_stays() -> None:
    assert to_urn("https://id.gs1.org/00/040123450000003338", lambda _: None) == "https://id.gs1.org/00/040123450000003338"


@given(st.integers(6, 12), st.text("0123456789", min_size=13, max_size=13), st.text(SET_82, min_size=1, max_size=20))
def test_any_lot_number_comes_back(length: int, digits: str, lot: str) -> None:
    gtin = digits + check_digit(digits)
    link = canonical(f"https://id.gs1.org/01/{gtin}/10/" + "".join(f"%{ord(each):02X}" for each in lot))
    urn = to_urn(link, lambda _: length)
    assert urn.startswith(f"urn:epc:class:lgtin:{gtin[1 : 1 + length]}.") and canonical(urn) == link == canonical(link)
