"""A thread that works until it is told to stop, and outlives an absent database and faults of ours."""

import logging
from collections.abc import Callable
from threading import Event

from sqlalchemy.exc import OperationalError

REST_SECONDS = 5.0  # after whatever went wrong


def work(stop: Event, step: Callable[[], bool], idle: float, log: logging.Logger, fault: str) -> None:
    """`step` again and again, after `idle` seconds where it says that there was nothing to do; what it has begun is
    finished first. `fault`: what a fault of ours did not do, for the log."""
    while not stop.is_set():
        try:
            if not step():
                stop.wait(idle)
        except OperationalError as error:
            log.warning("the database does not answer: %s", type(error.orig).__name__)
            stop.wait(REST_SECONDS)
        except Exception:
            log.exception(fault)
            stop.wait(REST_SECONDS)
