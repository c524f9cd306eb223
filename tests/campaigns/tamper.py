"""A dishonest administrator against `lotproof audit`: every column that an audit answers for, bent in every way, rows
taken away and added; lies that fit together, told with all keys; and honest worlds, about which it must say nothing.

He is a superuser, and no constraint or trigger stands in his way (`tampering.naked`): what is tried here is what the
stored bytes say, not what the database forbids. How the database itself was changed is tried by the tests of
`service.audit.catalogue`.
"""

from collections.abc import Iterator, Sequence
from random import Random
from time import perf_counter

import orjson
from sqlalchemy import Engine, text

from anchoring.audit.policy import newest_contract, policy_of
from bench.rows import Row
from verifier.fork import fork_of, verify_fork
from verifier.fraud import verify_fraud
from verifier.policy import Policy
from verifier.receipt import read_checkpoint

from .campaign import Contradiction, Plan
from .tampering import forging, lives
from .tampering.bends import Lie
from .tampering.house import House, house
from .tampering.judging import Court, Judged, lies
from .tampering.naked import strip

ROUNDS, CLEAN, PINNED = 2, 1_000, 0.99
MANY = 300  # of few, one more or less is more than a hundredth


def campaign(plan: Plan) -> Iterator[Row]:
    """Figures; raises Contradiction at the first lie that is not found, or truth that is called one."""
    with house() as made:
        yield from _clean(made, plan)
        yield from _forged(made, plan)
    with house() as made:  # another one: what was lived in the first would be read again for every lie
        with made.engine.begin() as connection:
            strip(connection)
        yield from _bent(made, plan)


def _clean(house: House, plan: Plan) -> Iterator[Row]:
    """Honest worlds: the house as it stands, and as it goes on living."""
    audits, begun = plan.many(CLEAN), perf_counter()
    for number in range(audits):
        plan.passed("honest worlds", number, audits)
        if number:
            lives.goes_on(house.world, plan.dice(f"clean {number}"))
            house.sequence()
        with house.engine.connect() as connection:
            connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
            if false := house.audit(connection):
                raise Contradiction(f"clean audit {number}", "no finding", false[0])
    yield Row(f"honest worlds audited: {audits}; false alarms", 0, "", "less", 0)
    yield Row("an audit of the house", (perf_counter() - begun) / audits, "s", "less")


def _forged(house: House, plan: Plan) -> Iterator[Row]:
    """Consistent lies: what is anchored the chain contradicts, what is not a receipt does."""
    anchored, tail = _numbers(house)
    policy = _policy(house)
    with forging.copied(house, "anchored") as engine:
        forging.rewritten(house, engine, "ship", 1, anchored)
        _must_find(house, engine, "an anchored movement, all of the log signed anew")
    with forging.copied(house, "tail") as engine:
        promised = forging.rewritten(house, engine, "move", anchored + 1, tail)
        _must_not_find(house, engine)
        held = forging.receipt(house, promised)
        shown = str(held["checkpoint"])
        fork = fork_of([shown, forging.note(engine, read_checkpoint(shown).checkpoint.size)])
        _proven("the fork that a receipt shows", verify_fork(orjson.dumps(fork), policy).exit_code)
    with forging.copied(house, "lying") as engine:
        promised, lot = _newest_of_two(house)
        head = forging.lying_map(engine, lot)
        _must_find(house, engine, "a map that does not follow from the log, signed")
        fraud = {"format": "lotproof-fraud/1", "receipt": forging.receipt(house, promised),
                 "checkpoint": forging.note(engine), "head": head}  # fmt: skip
        _proven("the fraud that a receipt shows", verify_fraud(orjson.dumps(fraud), policy).exit_code)
    yield Row("consistent forgeries with all keys, found by audit or receipt", 3, "of 3", "more", 3)


def _bent(house: House, plan: Plan) -> Iterator[Row]:
    """Every kind of lie in a column or row, several times; a small plan takes some of them, by the dice."""
    court, begun = Court(house), perf_counter()
    chosen = _chosen(plan)
    judged: list[Judged] = []
    for number, lie in enumerate(chosen):
        plan.passed("lies", number, len(chosen))
        if (found := court.judge(lie, plan.dice(f"{number} {lie}"))) is not None:
            judged.append(found)
            if not found.found:
                raise Contradiction(found.told, "a finding", "none")
    pinned = sum(each.pinned for each in judged) / len(judged)
    yield Row("lies in columns and rows told", len(judged), "")
    yield Row("found", sum(each.found for each in judged) / len(judged), "of all", "more", 1.0)
    enough = len(judged) >= MANY
    yield Row("named: table, row and field", pinned, "of all", "more", PINNED if enough else None)
    yield Row("kinds of lie that no row of this house could tell", len(chosen) - len(judged), "", "less")
    yield Row("a lie told and judged", (perf_counter() - begun) / len(judged), "s", "less")
    if enough and pinned < PINNED:
        raise Contradiction(_unpinned(judged), f"named in {PINNED:.0%} of the cases", f"{pinned:.2%}")


def _chosen(plan: Plan) -> Sequence[Lie]:
    every = list(lies()) * max(1, round(ROUNDS * plan.scale))
    if plan.scale >= 0.5:
        return every
    return Random(plan.seed).sample(every, plan.many(len(every) * ROUNDS))


def _unpinned(judged: Sequence[Judged]) -> str:
    return "; ".join(each.told for each in judged if not each.pinned)[:2000]


def _numbers(house: House) -> tuple[int, int]:
    """The newest movement that is anchored, and the newest that is sequenced."""
    query = text("""
        SELECT max(m.number) FILTER (WHERE e.index < (SELECT max(size) FROM ledger.anchor)), max(m.number)
        FROM warehouse.movement m JOIN ledger.entry e USING (statement_hash)
    """)
    with house.engine.connect() as connection:
        anchored, tail = connection.execute(query).one()
    return int(anchored), int(tail)


def _newest_of_two(house: House) -> tuple[bytes, str]:
    """A movement of the tail whose lot has an earlier entry, and that lot."""
    query = text("""
        SELECT m.statement_hash, m.lots[1] AS lot FROM warehouse.movement m JOIN ledger.entry e USING (statement_hash)
        WHERE e.sequence > 1 AND cardinality(m.lots) = 1 AND NOT EXISTS (
            SELECT FROM ledger.entry later WHERE later.subject = e.subject AND later.sequence > e.sequence)
        ORDER BY e.index DESC LIMIT 1
    """)
    with house.engine.connect() as connection:
        row = connection.execute(query).one()
    return bytes(row.statement_hash), str(row.lot)


def _policy(house: House) -> Policy:
    with house.engine.connect() as connection:
        return policy_of(house.asked, newest_contract(connection))


def _must_find(house: House, engine: Engine, what: str) -> None:
    with engine.connect() as connection:
        if not house.audit(connection):
            raise Contradiction(what, "a finding", "none")


def _must_not_find(house: House, engine: Engine) -> None:
    """That a rewritten tail is consistent is the point: only what partners hold contradicts it."""
    with engine.connect() as connection:
        if found := house.audit(connection):
            raise Contradiction("a rewritten tail, all of it signed anew", "nothing inside to contradict it", found[0])


def _proven(what: str, code: int) -> None:
    if code != 0:
        raise Contradiction(what, "exit code 0: proven", code)
