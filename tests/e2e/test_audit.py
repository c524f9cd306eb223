"""`./lotproof audit` as an operator runs it: over the played story, whole, in two processes, and after a lie."""

import json
import os
import subprocess
import sys
from pathlib import Path

from sqlalchemy import make_url, text

from service import db
from service.demo.lies.superuser import triggers_asleep
from service.roles.logins import WORKER_LOGIN
from tests.e2e.conftest import Told
from tests.e2e.stack import Running
from verifier.encoding import b64

ROOT = Path(__file__).parents[2]


def audit(running: Running, url: str, *options: str) -> subprocess.CompletedProcess[str]:
    settings = running.settings
    assert settings.log_public_key is not None
    environment = {
        "PATH": os.environ["PATH"], "LOTPROOF_DATABASE_URL": url, "LOTPROOF_ORIGIN": settings.origin,
        "LOTPROOF_RPC_URL": settings.rpc_urls[0], "LOTPROOF_LOG_PUBLIC_KEY": b64(settings.log_public_key),
    }  # fmt: skip
    command = [sys.executable, "-P", "-m", "service.cli", "audit", *options]
    environment["PYTHONPATH"] = str(ROOT)
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)


def test_nothing_contradicts_the_played_story(told: Told, the_stack: Running, tmp_path: Path) -> None:
    done = audit(the_stack, the_stack.settings.database_url, "--jobs", "2", "--probe", "--resume", str(tmp_path))
    assert (done.returncode, done.stdout[:10]) == (0, "audited in"), done.stdout + done.stderr
    assert "catalogue" in done.stderr and "movements from" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_lie_is_named(told: Told, the_stack: Running) -> None:
    url = the_stack.settings.database_url
    truth, number = _say(url, "somebody else")
    try:
        done = audit(the_stack, url, "--json", "--no-chain")
    finally:
        _say(url, truth)
    assert done.returncode == 1, done.stdout + done.stderr
    named = [(each["table"], each["row"], each["field"], each["seen"]) for each in json.loads(done.stdout)["findings"]]
    assert named == [("warehouse.movement", f"number={number}", "actor", "somebody else")]


def _say(url: str, actor: str) -> tuple[str, int]:
    """Who recorded the newest movement, said otherwise as a superuser can; who it was, and its number."""
    engine = db.engine_for(url)
    newest = "WHERE number = (SELECT max(number) FROM warehouse.movement)"
    with engine.begin() as connection, triggers_asleep(connection, "warehouse.movement"):
        before, number = connection.execute(text(f"SELECT actor, number FROM warehouse.movement {newest}")).one()
        connection.execute(text(f"UPDATE warehouse.movement SET actor = :actor {newest}"), {"actor": actor})
    engine.dispose()
    return before, number


def test_who_may_not_read_everything_is_told_so(told: Told, the_stack: Running) -> None:
    url = make_url(the_stack.settings.database_url).set(username=WORKER_LOGIN).render_as_string(hide_password=False)
    done = audit(the_stack, url, "--no-chain")
    assert done.returncode == 2, done.stderr
    assert "permission denied" in done.stderr and "Traceback" not in done.stderr
