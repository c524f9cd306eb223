"""The ledger's figures as Prometheus knows them, one family after the other; names and meanings stand only here."""

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

import anchoring
from service.epcis.capture.backlog import Captures
from service.webhooks.backlog import Backlog

ETHER = 10**18


def families(known: anchoring.Figures, outbox: Backlog, jobs: Captures) -> Iterator[Metric]:
    """All of them."""
    yield from _alarms(known)
    yield from _worker(known)
    yield from _log(known)
    yield from _money(known)
    yield from _webhooks(outbox)
    yield from _captures(jobs)


def database(answers: bool) -> Metric:
    """Whether the database answered this scrape; if not, nothing else of the ledger is known."""
    return _gauge("lotproof_database_up", "1 if the database answered, else 0 and no figure of the ledger", answers)


def _alarms(known: anchoring.Figures) -> Iterator[Metric]:
    standing = {alarm.kind for alarm in known.alarms}
    family = GaugeMetricFamily(
        "lotproof_alarm", "1 while the alarm stands; halts: nothing is recorded meanwhile", labels=("kind", "halts")
    )
    for kind in anchoring.AlarmKind:
        family.add_metric((kind.title, "true" if kind.halts else "false"), int(kind in standing))
    yield family
    yield _gauge("lotproof_admitted", "1 once this database was compared with the chain", known.admitted)
    read_only = known.halted or not known.admitted
    yield _gauge("lotproof_read_only", "1 while nothing is recorded", read_only)


def _worker(known: anchoring.Figures) -> Iterator[Metric]:
    beats = GaugeMetricFamily(
        "lotproof_worker_heartbeat_age_seconds", "Since each duty of the worker was last alive", labels=("duty",)
    )
    for duty, age in known.beats.items():
        beats.add_metric((duty,), age)
    yield beats
    meaning = "Statements recorded that have no place in the log and no receipt yet; 100000: that many or more"
    yield _gauge("lotproof_queue_statements", meaning, known.queued)
    yield _gauge("lotproof_queue_oldest_seconds", "How long the oldest of them waits", known.oldest)


def _log(known: anchoring.Figures) -> Iterator[Metric]:
    size = GaugeMetricFamily("lotproof_log_entries", "Entries that are signed, anchored, final", labels=("state",))
    age = GaugeMetricFamily(
        "lotproof_checkpoint_age_seconds", "Since the newest such checkpoint was signed, or its anchor's block",
        labels=("state",),
    )  # fmt: skip
    for state, covered in known.covered.items():
        size.add_metric((state,), covered.size)
        age.add_metric((state,), covered.age)
    yield from (size, age)
    yield _gauge("lotproof_unanchored_entries", "Entries under a checkpoint and under no anchor", known.unanchored)
    yield _gauge("lotproof_anchor_lag_seconds", "Since the first of them was signed", known.lag)
    yield _gauge("lotproof_anchors", "Anchors that the contract holds", known.anchors)
    yield _gauge("lotproof_anchors_in_flight", "Anchors signed and in no block", known.in_flight)


def _money(known: anchoring.Figures) -> Iterator[Metric]:
    purse = known.purse
    if purse is None:
        return
    yield _gauge("lotproof_wallet_ether", "What the anchorer's account held", purse.balance / ETHER)
    yield _gauge("lotproof_wallet_anchors", "For how many anchors that was enough, at the price then", purse.anchors)
    yield _gauge("lotproof_wallet_age_seconds", "Since the worker looked at the account", known.purse_age)
    counted = "anchors that became final and transactions that failed"
    yield CounterMetricFamily("lotproof_anchor_gas", f"Gas used by {counted}", purse.gas)
    yield CounterMetricFamily("lotproof_anchor_ether", f"Ether spent on {counted}", purse.spent / ETHER)


def _webhooks(outbox: Backlog) -> Iterator[Metric]:
    family = GaugeMetricFamily(
        "lotproof_webhook_deliveries", "Deliveries that wait, or were given up; 100000: that many or more",
        labels=("state",),
    )  # fmt: skip
    family.add_metric(("waiting",), outbox.waiting)
    family.add_metric(("dead",), outbox.dead)
    yield family
    yield _gauge("lotproof_webhook_oldest_seconds", "Since the oldest movement that waits was recorded", outbox.oldest)


def _captures(jobs: Captures) -> Iterator[Metric]:
    family = GaugeMetricFamily(
        "lotproof_epcis_captures", "EPCIS capture jobs that are not over; waiting: an event's cause has not come",
        labels=("state",),
    )  # fmt: skip
    family.add_metric(("working",), jobs.running - jobs.waiting)
    family.add_metric(("waiting",), jobs.waiting)
    yield family
    yield _gauge("lotproof_epcis_capture_oldest_seconds", "Since the document of the oldest of them came", jobs.oldest)


def _gauge(name: str, meaning: str, value: float) -> Metric:
    return GaugeMetricFamily(name, meaning, float(value))
