"""The commands of the documentation, run word by word against a running service."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.e2e.stack import Running

DOCS = Path(__file__).parents[2] / "docs"
PAGES = ("warehouse.md", "warehouse-sensors.md", "records.md", "epcis.md epcis-query.md")
ENDLESS = ".venv/bin/python /tmp/listen.py"
"""A command that listens until it is stopped."""


def commands(pages: str) -> str:
    """All bash blocks of these pages, one after the other."""
    text = "\n".join((DOCS / page).read_text() for page in pages.split())
    blocks = "\n".join(re.findall(r"^```bash\n(.*?)^```", text, re.MULTILINE | re.DOTALL))
    return "\n".join(line for line in blocks.splitlines() if not line.startswith(ENDLESS))


@pytest.mark.parametrize("page", PAGES)
def test_every_command_of_the_page_does_what_it_says(the_stack: Running, page: str) -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "API": f"{the_stack.url}/api/v1",
        "OPERATOR": the_stack.settings.operator_key or "",
    }
    script = "set -euo pipefail\n" + commands(page)
    done = subprocess.run(["bash", "-c", script], env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
