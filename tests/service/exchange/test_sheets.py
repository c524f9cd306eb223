"""Files as rows: every spelling that people's programs write, and none of the tricks."""

import io
import zipfile
from datetime import date, datetime

import pytest
from openpyxl import Workbook

from service.exchange import sheets
from service.exchange.sheets import Unreadable, rows_of


def workbook(*rows: tuple[object, ...]) -> bytes:
    book, out = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_csv_is_read_with_any_usual_delimiter(delimiter: str, mark: bytes) -> None:
    text = f'a{delimiter}b\r\n1{delimiter}"x\n{delimiter}y"\r\n\r\n 药 {delimiter}2\r\n'
    assert list(rows_of(mark + text.encode())) == [(1, ["a", "b"]), (3, ["1", f"x\n{delimiter}y"]), (5, ["药", "2"])]


def test_xlsx_cells_are_read_as_people_see_them() -> None:
    content = workbook(("a",), (1200, 0.1, 1e22, True, None, date(2025, 3, 1), datetime(2025, 3, 1, 9, 30), " x "), ())
    assert list(rows_of(content)) == [
        (1, ["a"]),
        (2, ["1200", "0.1", "10000000000000000000000", "true", "", "2025-03-01", "2025-03-01T09:30:00", "x"]),
    ]


def bomb(entries: int = 1, size: int = 200_000_000) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(entries):
            archive.writestr(f"xl/{number}.xml", b"0" * size)
    return out.getvalue()


def lying() -> bytes:
    """An archive whose directory says that its part is small."""
    content = bytearray(bomb(size=50_000_000))
    at = content.rfind(b"PK\x01\x02") + 24
    content[at : at + 4] = (100).to_bytes(4, "little")
    return bytes(content)


@pytest.mark.parametrize("content", [
    b"\xff\xfe\x00", b'a,b\n"1,2', b"PK\x03\x04" + bytes(100), b"a\x00b\n\x00\x01", b"," * 100,
    bomb(), bomb(entries=1001, size=1), lying(), workbook(("a",))[:-40],
])  # fmt: skip
def test_what_is_no_such_file_is_refused_and_quickly(content: bytes) -> None:
    try:
        assert all(isinstance(number, int) for number, _ in rows_of(content))
        assert content == b"a\x00b\n\x00\x01"  # odd text is text: its cells are refused by name later
    except Unreadable as why:
        assert str(why).startswith(("expected", "row"))


def test_a_long_cell_is_cut_where_every_column_refuses_it() -> None:
    ((_, (cell,)),) = rows_of(b"x" * 100_000)
    assert len(cell) == sheets.CELL_LIMIT + 1
