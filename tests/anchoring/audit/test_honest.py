"""Honest ledgers give no findings: an empty one, one entry, partial tiles, pages that part, full groups of anchors."""

from __future__ import annotations

from itertools import count

import pytest

from anchoring import accumulator
from tests.anchoring.audit.world import audited, findings, lying
from tests.anchoring.ledger.world import Ledger, about, drain
from verifier.hashing import anchor_leaf


@pytest.mark.parametrize("sizes", [(), (1,), (1, 2, 3), (255, 1, 1), (256,), (70, 300, 200)])
def test_a_log_of_any_shape(engine, sizes, tmp_path):
    ledger, numbers = Ledger(engine), count()
    sequencer = ledger.sequencer()
    for size in sizes:
        ledger.submit(*(about(next(numbers) % 130, at=ledger.now - 5) for _ in range(size)))
        drain(sequencer)
    sequencer.close()
    with engine.connect() as connection:
        assert findings(connection, audited(folder=tmp_path)) == []


def test_pages_that_part_are_followed(engine):
    """So many lots that leaves move into pages of their own, in one round and in the next, and two levels at once."""
    ledger, numbers = Ledger(engine), count()
    sequencer = ledger.sequencer()
    for size in (20, 15, 700, 400):
        ledger.submit(*(about(next(numbers), at=ledger.now - 5) for _ in range(size)))
        drain(sequencer)
    sequencer.close()
    with engine.connect() as connection:
        assert findings(connection, audited(jobs=2), table="ledger.map_page") == []


def test_sealed_groups_are_nodes_of_the_accumulator(honest):
    with lying(honest.engine, "ledger.anchor", "ledger.sealed_group", "ledger.deployment") as connection:
        insert_anchors(connection, 130)
        assert findings(connection, table="ledger.sealed_group") == []
        change = "UPDATE ledger.sealed_group SET root = set_bit(root, 3, 1 - get_bit(root, 3)) WHERE number = 1"
        connection.exec_driver_sql(change)
        (found,) = findings(connection, table="ledger.sealed_group")
    assert (found.table, found.row, found.field) == ("ledger.sealed_group", "deployment=77, number=1", "root")


def insert_anchors(connection, number: int) -> None:
    """Anchors of a foreign sender, on a contract of their own."""
    copied = "chain_id, genesis, contract, code_hash, anchorer, guardian, legacy_fees, nonce, max_fee, tip, raw"
    copied += ", reason, signed_at"
    connection.exec_driver_sql(
        f"INSERT INTO ledger.deployment (id, {copied}, tx_hash, state)"
        f" SELECT 77, {copied}, tx_hash, 'signed' FROM ledger.deployment WHERE id = 1"
    )
    roots = [bytes([index]) * 32 for index in range(number)]
    leaves = [anchor_leaf(0, 1000 + n, root, root, 50 + n, 2000 + n) for n, root in enumerate(roots)]
    nodes = accumulator.grow(0, leaves, {}.__getitem__)
    for index, root in enumerate(roots):
        row = (77, index, 1000 + index, root, root, 50 + index, root, 2000 + index, root, b"".join(nodes[index]))
        connection.exec_driver_sql(
            "INSERT INTO ledger.anchor (deployment, index, epoch, size, log_root, map_root, block, block_hash, time,"
            " tx_hash, nodes, seen_at, state, settled_at, id)"
            " VALUES (%s, %s, 0, %s, %s, %s, %s, %s, %s, %s, %s, 1, 'final', 2, 90000 + %s)", (*row, index),
        )  # fmt: skip
    for group in range(number // 64):
        root = nodes[64 * group + 63][6]
        connection.exec_driver_sql("INSERT INTO ledger.sealed_group VALUES (77, %s, %s)", (group, root))
