"""docs/operations.md tells of every alarm and of every series, and of none that is not there."""

import re
from pathlib import Path

import anchoring
from anchoring.alarms import Kind
from anchoring.onchain import Address
from anchoring.wallet import Purse
from service.epcis.capture.backlog import Captures
from service.metrics import ledger
from service.webhooks.backlog import Backlog

PAGE = (Path(__file__).parents[2] / "docs" / "operations.md").read_text()


def test_every_alarm_has_its_row_that_says_whether_it_halts():
    for kind in Kind:
        row = f"| **`{kind.title}`** (halts) |" if kind.halts else f"| `{kind.title}` |"
        assert f"\n{row}" in PAGE, row


def test_every_series_is_explained_and_no_other():
    purse = Purse(Address(b"a" * 20), 1, 1, 1, 1, 1)
    known = anchoring.Figures([], True, False, {"anchorer": 1.0}, 0, 0.0, {}, 0, 0.0, 0, 0, purse, 0.0)
    families = list(ledger.families(known, Backlog(0, 0, 0), Captures(0, 0, 0)))
    made = {family.name + ("_total" if family.type == "counter" else "") for family in families}
    made |= {"lotproof_database_up", "lotproof_http_requests_total", "lotproof_http_request_seconds",
             "lotproof_database_connections_in_use"}  # fmt: skip
    before_roles = PAGE.partition("## Database roles")[0]
    rows = "\n".join(line for line in before_roles.splitlines() if line.startswith("| `lotproof_"))
    assert set(re.findall(r"`(lotproof_[a-z_]+)", rows)) == made
