"""Files that are there whole or not at all, by what the disk holds at each moment at which it is asked to keep it."""

import os
from pathlib import Path

import pytest

from verifier.files import content, write_whole


def _names(folder: str | Path) -> list[str]:
    return sorted(path.name for path in Path(folder).iterdir())


def test_the_new_file_is_on_disk_before_it_takes_the_place_of_the_old(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, kept = tmp_path / "state", []
    path.write_bytes(b"old")

    def keep(number: int) -> None:
        what = Path(f"/proc/self/fd/{number}").readlink()
        kept.append((what.name, what.read_bytes() if what.is_file() else b"", path.read_bytes()))

    monkeypatch.setattr(os, "fsync", keep)
    handles = _names("/proc/self/fd")
    write_whole(path, b"newer")
    assert kept == [("state.new", b"newer", b"old"), (tmp_path.name, b"", b"newer")]
    assert _names("/proc/self/fd") == handles
    assert _names(tmp_path) == ["state"]


def test_a_disk_that_keeps_nothing_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "state").write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", _refuse)
    with pytest.raises(OSError, match="not here"):
        write_whole(tmp_path / "state", b"new")
    assert (tmp_path / "state").read_bytes() == b"old"


def test_where_no_folder_can_be_opened_a_file_is_written_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "open", _refuse)
    write_whole(tmp_path / "state", b"new")
    assert (tmp_path / "state").read_bytes() == b"new"


def test_a_file_is_read_up_to_a_byte_more_than_its_limit(tmp_path: Path) -> None:
    (tmp_path / "it").write_bytes(b"12345")
    assert [content(tmp_path / "it", limit) for limit in (2, 4, 5, 9)] == [b"123"] + [b"12345"] * 3


def _refuse(*_: object) -> int:
    raise OSError("not here")
