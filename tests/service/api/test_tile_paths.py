"""C2SP tlog-tiles paths: the examples of the specification, and that a tile has one name."""

import pytest

from service.publish.paths import TilePath, format_tile_path, parse_tile_path


@pytest.mark.parametrize(
    ("text", "tile"),
    [
        ("0/000", TilePath(0, 0, 256)),
        ("0/x001/x234/067", TilePath(0, 1_234_067, 256)),
        ("3/255.p/17", TilePath(3, 255, 17)),
        ("entries/x001/000.p/1", TilePath(None, 1000, 1)),
        ("63/999", TilePath(63, 999, 256)),
    ],
)
def test_a_tile_has_its_name(text: str, tile: TilePath) -> None:
    assert parse_tile_path(text) == tile
    assert format_tile_path(tile) == text


@pytest.mark.parametrize(
    "text",
    ["", "0", "0/0", "0/00", "00/000", "64/000", "0/x000/001", "0/x001", "0/000.p/0", "0/000.p/256",
     "0/000.p/01", "0/000.p/",
     "0/001/234", "0/x1/234", "0/000/", "/0/000", "entries/", "Entries/000", "-1/000", "0/٠٠٠", "0/000\n", "0/../000",
     "0/" + "x999/" * 9 + "999"],
)  # fmt: skip
def test_anything_else_is_no_tile(text: str) -> None:
    assert parse_tile_path(text) is None
