"""What works in a thread goes on after an absent database and after a fault of ours, and ends when it is told to."""

import logging
from threading import Event

import pytest
from sqlalchemy.exc import OperationalError

from service.webhooks import working

LOG = logging.getLogger("working")


def test_it_outlives_what_goes_wrong_and_ends(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(working, "REST_SECONDS", 0.001)
    stop = Event()
    away, fault = OperationalError("SELECT secret", {}, OSError("gone")), RuntimeError("a fault")
    answers: list[bool | Exception] = [True, away, False, fault, True]

    def step() -> bool:
        answer = answers.pop(0)
        if not answers:
            stop.set()
        if isinstance(answer, Exception):
            raise answer
        return answer

    working.work(stop, step, 0.001, LOG, "nothing was sent")
    assert answers == []
    assert [each.message for each in caplog.records] == ["the database does not answer: OSError", "nothing was sent"]
    assert "secret" not in caplog.records[0].message and caplog.records[1].exc_info
