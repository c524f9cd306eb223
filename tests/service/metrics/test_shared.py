"""Several processes of one server: the answer is their sum, whichever of them gives it."""

import json
import subprocess
import sys

PROGRAM = """
import json, os, signal, sys, time
from pathlib import Path
from service.metrics import shared

with shared.counters(Path(sys.argv[1])):
    from flask import Flask
    from prometheus_client import CollectorRegistry
    from service.metrics.page import _together
    from service.metrics.requests import Meter
    from sqlalchemy import create_engine

    engine = create_engine("postgresql+psycopg://nobody@127.0.0.1:9/none", pool_size=7)

    def count(requests):
        counted = CollectorRegistry()
        meter, app = Meter(counted, {"read": engine}), Flask("counted")
        meter.install(app)
        app.get("/things/<name>")(lambda name: name)
        for at in range(requests):
            app.test_client().get(f"/things/{at}")
        return counted

    def told(counted):
        samples = [s for family in _together(counted).collect() for s in family.samples]
        requests = sum(s.value for s in samples if s.name == "lotproof_http_requests_total")
        return requests, sum(s.value for s in samples if s.name == "lotproof_database_connections_most")

    children = []
    for requests in (3, 4):
        pid = os.fork()
        if not pid:
            count(requests)
            Path(sys.argv[1], f"done-{os.getpid()}").touch()
            time.sleep(60)
        children.append(pid)
    while len(list(Path(sys.argv[1]).glob("done-*"))) < 2:
        time.sleep(0.01)
    counted = count(5)
    alive = told(counted)
    for pid in children:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    print(json.dumps([alive, told(counted)]))
"""


def test_counters_are_sums_and_gauges_tell_of_the_living(tmp_path):
    folder = tmp_path / "metrics"
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(folder)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    alive, after = json.loads(done.stdout)
    assert (alive[0], after[0]) == (12, 12)
    assert alive[1] == 3 * after[1] > 0
    assert not folder.exists()
