"""How far a long work is, to the letter: rewritten on a terminal, a line now and then elsewhere."""

import io

import pytest

from verifier.progress import Progress


class Where(io.StringIO):
    """A terminal or a file, which counts how often it was told to show what it has."""

    def __init__(self, terminal: bool) -> None:
        super().__init__()
        self._terminal = terminal
        self.flushed = 0

    def isatty(self) -> bool:
        return self._terminal

    def flush(self) -> None:
        self.flushed += 1


def told(terminal: bool, *steps: tuple[float, int, int]) -> tuple[str, int]:
    """What stands there after (seconds, done, total) and the end, and how often it was flushed."""
    now, where = [100.0], Where(terminal)
    progress = Progress(where, lambda: now[0])
    for seconds, done, total in steps:
        now[0] = 100 + seconds
        progress("entries", done, total)
    progress.end()
    progress.end()
    return where.getvalue(), where.flushed


FIRST, SECOND = "entries 1,000 of 4,000 (25 %), 10 s", "entries 7 of 7 (100 %), 21 s"


def test_a_file_gets_a_line_every_ten_seconds() -> None:
    assert told(False, (9.9, 1, 4000), (10, 1000, 4000), (19.9, 6, 7), (21, 7, 7)) == (f"{FIRST}\n{SECOND}\n", 2)


def test_a_terminal_gets_one_line_that_is_rewritten_and_wiped() -> None:
    shorter = SECOND.ljust(len(FIRST))
    expected = f"\r{FIRST}\r{shorter}\r{' ' * len(SECOND)}\r"
    assert told(True, (10, 1000, 4000), (10.1, 2000, 4000), (21, 7, 7)) == (expected, 3)
    assert told(True, (0.1, 1, 1)) == ("", 0)
    assert told(True, (0.2, 1, 2))[0].startswith("\rentries 1 of 2 (50 %), 0 s\r")


@pytest.mark.parametrize("terminal", [False, True])
def test_of_nothing_nothing_is_done_and_of_one_all(terminal: bool) -> None:
    assert "entries 0 of 0 (0 %), 12 s" in told(terminal, (12, 0, 0))[0]
    assert "entries 1 of 1 (100 %), 12 s" in told(terminal, (12, 1, 1))[0]
