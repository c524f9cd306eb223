"""A log with its warehouse is backed up at many moments; each backup is restored into a fresh cluster and started.

    expected    refused exactly where the chain, or what was signed last, is ahead of the backup; the range named
    then        brought back from a mirror, or from what clients kept and the mirror after that; the worker opens it,
                a movement is recorded, and the standalone verifier audits the whole log against the chain

Some backups have a statement that waits, some are restored without the file of the last signed checkpoint, and the
log's very last entry is signed and not anchored. Once with WAL and a restore point: up to it, and to the end.
12 dumps at scale 1.
"""

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from anchoring import admission, deploy
from anchoring.sequencer import Sequencer
from bench.rows import Row
from service import db, migrating
from service.local import node, postgres
from service.recovering.work import Sources, recover
from tests.anchoring.chain.test_worker import mining
from tests.campaigns import restore_points as points
from tests.campaigns.campaign import Contradiction, Plan
from tests.conftest import own_cluster
from tests.tools import product as products
from tests.tools.product import GUARDIAN, Product, kept_answer
from tests.tools.waiting import eventually

DUMPS = 12
WITH_WAL = 0.2  # the scale from which on a base backup and WAL are tried too
KEY = b"\x0d" * 32
WAL_NAME = "lotproof"


@dataclass
class History:
    """What happened, who kept what of it, and the backups: each with the number of entries that were signed then."""

    product: Product
    chain: node.Node
    home: Path
    dumps: list[tuple[Path, int]] = field(default_factory=list)
    middle: int = 0  # at the restore point
    anchored: int = 0
    signed: int = 0
    seconds: list[float] = field(default_factory=list)
    wrong: int = 0
    tried: int = 0
    refused: int = 0


def campaign(plan: Plan) -> Iterator[Row]:
    home = Path(tempfile.mkdtemp(prefix="lotproof-restore-"))
    home.chmod(0o711)
    chain = node.start_anvil(log=home / "anvil.log")
    try:
        with own_cluster() as (cluster, restart), mining(chain):
            (home / "wal").mkdir()
            (home / "dumps").mkdir()
            points.archived(cluster, home / "wal")
            points.give(home / "dumps", cluster)
            restart()
            history = _happened(plan, cluster, chain, home)
            _restored(plan, history)
            yield from _figures(history)
            if plan.scale >= WITH_WAL:
                yield from _point_in_time(plan, cluster, history)
            history.product.close()
    finally:
        chain.stop()
        shutil.rmtree(home, ignore_errors=True)


def _restored(plan: Plan, history: History) -> None:
    """Every dump; with `minutes`, as many as there is time for, in an order that is drawn."""
    end = time.monotonic() + 60 * plan.minutes if plan.minutes else float("inf")
    drawn = list(enumerate(history.dumps))
    if plan.minutes:
        plan.dice("order").shuffle(drawn)
    for number, (file, size) in drawn:
        with points.from_dump(file) as url:
            _try(plan.dice(f"restore {number}"), history, url, size)
        if time.monotonic() > end:
            return


def _happened(plan: Plan, cluster: postgres.Cluster, chain: node.Node, home: Path) -> History:
    postgres.create_database(cluster, WAL_NAME)
    url = cluster.url(WAL_NAME)
    migrating.migrate(url)
    engine = db.engine_for(url)
    deploy.ensure(engine, chain.url, KEY, GUARDIAN)
    engine.dispose()
    history = History(Product(products.settings(url, chain.url, KEY, home / "kept")), chain, home)
    dice, many = plan.dice("history"), max(3, plan.many(DUMPS))
    _dump(cluster, history, "empty")
    for number in range(many - 2):  # beside the empty one and the newest
        _work(dice, history, number)
        if number == (many - 2) // 2:
            points.base_backup(cluster, _owned(home / "base", cluster))
        _dump(cluster, history, str(number))
    _work(dice, history, many)
    with cluster.connect() as conn:
        conn.execute("SELECT pg_create_restore_point('before_the_end')")
    history.middle = history.product.status().entries
    _work(dice, history, many + 1)
    history.anchored = history.product.status().entries
    _sign_without_anchor(history)
    _dump(cluster, history, "newest")
    history.product.mirror(home / "mirror")
    with cluster.connect() as conn:
        conn.execute("SELECT pg_switch_wal()")
    return history


def _owned(folder: Path, cluster: postgres.Cluster) -> Path:
    folder.mkdir()
    points.give(folder, cluster)
    return folder


def _work(dice: Random, history: History, number: int) -> None:
    """Lots come in and move; all is final afterwards but, sometimes, a statement that waits."""
    product = history.product
    with product.working():
        if number == 0:
            product.furnish()
        lots = [f"L{number}-{at}" for at in range(dice.randint(1, 5))]
        for lot in lots:
            kept_answer(history.home / "answers", product.receive(lot))
        kept_answer(history.home / "answers", product.move(dice.choice(lots)))
        product.anchored(60)
    if dice.random() < 0.5:
        product.move(lots[0])


def _sign_without_anchor(history: History) -> None:
    product, given = history.product, history.product.worker()
    product.move("L0-0")
    file = given.last_signed()
    assert file is not None
    sequencer = Sequencer(
        product.engine, given.origin, given.log_key, lambda: time.time_ns() // 1_000_000, admission.may_sign, kept=file
    )
    while sequencer.step():
        pass
    sequencer.close()
    file.close()
    history.signed = product.status().entries


def _dump(cluster: postgres.Cluster, history: History, name: str) -> None:
    file = history.home / "dumps" / f"{name}.dump"
    points.dump(cluster, WAL_NAME, file)
    history.dumps.append((file, history.product.status().entries))


def _try(dice: Random, history: History, url: str, size: int) -> None:
    """Start on a backup, see what is decided, bring back what is missing, go on, and let it be audited."""
    with _started(dice, history, url) as (product, knows_last):
        newest = history.signed if knows_last else history.anchored
        history.tried += 1
        with product.working():
            told = [alarm.detail for alarm in product.status().alarms if alarm.kind.title == "ROLLBACK"]
            answer = product.operator.send("POST", "/parties", {"id": "newcomer", "name": "New"})
            missing = admission.missing(size, newest) if size < newest else ""
            right = bool(told) == (size < newest) and (answer.status_code == 503) == (size < newest)
            if not right or not all(missing in each for each in told):
                history.wrong += 1
                raise Contradiction(
                    f"backup of {size} entries, {newest} known", missing or "started", [*told, answer.status_code]
                )
            if size < newest:
                history.refused += 1
                _bring_back(dice, history, product)
                eventually(lambda: product.status().admitted and not product.status().halted)
                eventually(
                    lambda: (
                        product.operator.send("POST", "/parties", {"id": "newcomer", "name": "New"}).status_code == 201
                    )
                )
            product.anchored(60)
        _audited(history, product, size)


@contextmanager
def _started(dice: Random, history: History, url: str) -> Iterator[tuple[Product, bool]]:
    """The installation on a restored database, with or without its file; afterwards the chain is as it was."""
    knows_last, before = dice.random() < 0.7, history.chain.rpc("evm_snapshot")
    kept = Path(tempfile.mkdtemp(dir=history.home))
    if knows_last:
        shutil.copytree(history.home / "kept", kept, dirs_exist_ok=True)
    migrating.migrate(url)
    product = history.product.on(url, lastsigned_dir=str(kept))
    try:
        yield product, knows_last
    finally:
        product.close()
        history.chain.rpc("evm_revert", before)


def _bring_back(dice: Random, history: History, product: Product) -> None:
    mirror, answers = [str(history.home / "mirror")], [history.home / "answers"]
    if dice.random() < 0.4:  # clients first: what they lack is named, and comes from the mirror
        account = recover(product.engine, product.settings, Sources(proofs=answers), dry_run=False).account
        if not account.whole and not (account.lacking or account.doubtful):
            raise Contradiction("what clients do not have", "a range", account)
    begun = time.monotonic()
    outcome = recover(product.engine, product.settings, Sources(mirror, answers), dry_run=False)
    history.seconds.append(time.monotonic() - begun)
    if not outcome.account.whole or product.checkpoint() != history.product.checkpoint():
        raise Contradiction("after all sources", history.product.checkpoint(), (outcome, product.checkpoint()))


def _audited(history: History, product: Product, size: int) -> None:
    report = product.audit()
    if report.exit_code != 0:
        raise Contradiction(f"audit after the backup of {size} entries", "yes", report)
    ours = history.product.entries(0, history.signed)
    common = min(len(ours) // 116, product.status().entries)
    if size >= history.signed and product.entries(0, common) != ours[: 116 * common]:
        raise Contradiction("entries after the restore", "the same", "others")


def _figures(history: History) -> Iterator[Row]:
    yield Row("backups restored and started", history.tried, "backups")
    yield Row("refused, their missing range named", history.refused, "backups")
    yield Row("wrong decisions", history.wrong, "decisions", "less", 0)
    if history.seconds:
        seconds = sorted(history.seconds)
        yield Row("to bring a log back, median", seconds[len(seconds) // 2], "s", "less", 30)
        yield Row("to bring a log back, longest", seconds[-1], "s", "less", 60)
    yield Row("entries of the log", history.signed, "entries")


def _point_in_time(plan: Plan, cluster: postgres.Cluster, history: History) -> Iterator[Row]:
    for target, size in (("before_the_end", history.middle), (None, history.signed)):
        with points.from_wal(cluster, history.home / "base", history.home / "wal", WAL_NAME, target) as url:
            _try(plan.dice(f"wal {target}"), history, url, size)
    yield Row("restored from WAL: to a point, and to the end", 2, "restores")
    yield Row("wrong decisions then", history.wrong, "decisions", "less", 0)
