"""Rows that nobody ever recorded, one for each table to which rows are only added: put in,"
f" found again, taken back.

Each is (table, columns and values, how it is found). Numbers are above any that are given out, so that no counter moves
and nothing real is touched; the order is that of the references.
"""

Canary = tuple[str, str, str]
CANARY = 9_000_000_000_000_000

_H = "sha256('canary')"
_A = f"substr({_H}, 1, 20)"
_ID = "'00000000-0000-4000-8000-000000000000'"
_NOW = "1"

# What the worker adds.
LEDGER = (
    ("ledger.map_page", "(id, page) VALUES (:n, 'canary')", "id = :n"),
    (
        "ledger.checkpoint",
        f"(size, log_root, map_root, map_page, note, signed_at) VALUES (:n, {_H}, {_H}, :n, 'canary', {_NOW})",
        "size = :n",
    ),
    (
        "ledger.entry",
        (
            "(index, kind, subject, sequence, previous, statement_hash, recorded_at, leaf_hash)"
            f" VALUES (:n, 1, {_H}, :n, {_H}, {_H}, {_NOW}, {_H})"
        ),
        "index = :n",
    ),
    (
        "ledger.tile",
        f"(level, number, nodes, root) VALUES (63, :n, decode(repeat('00', 16352), 'hex'), {_H})",
        "level = 63 AND number = :n",
    ),
    (
        "ledger.deployment",
        (
            "(id, chain_id, genesis, contract, code_hash, anchorer, guardian, legacy_fees, nonce,"
            f" tx_hash, max_fee, tip, raw,"
            " reason, signed_at, state) OVERRIDING SYSTEM VALUE VALUES (2000000000, 1,"
            f" {_H}, {_A}, {_H}, {_A}, {_A}, false, 0, {_H}, 0, 0, 'canary',"
            f" 'canary', {_NOW}, 'signed')"
        ),
        "id = 2000000000",
    ),
    (
        "ledger.intent",
        (
            "(id, deployment, old_size, size, log_root, map_root, sender, nonce, signed_at,"
            f" state) OVERRIDING SYSTEM VALUE"
            f" VALUES (:n, 2000000000, 0, 1, {_H}, {_H}, {_A}, 0, {_NOW}, 'signed')"
        ),
        "id = :n",
    ),
    (
        "ledger.signed_transaction",
        (
            "(tx_hash, intent, chain_id, contract, sender, nonce, gas, max_fee, tip, raw, signed_at)"
            f" VALUES ({_H}, :n, 1, 'canary', 'canary', 0, 0, 0, 0, 'canary', {_NOW})"
        ),
        "intent = :n",
    ),
    (
        "ledger.attempt",
        f"(id, intent, step, detail, at) OVERRIDING SYSTEM VALUE VALUES (:n, :n, 'signed', 'canary', {_NOW})",
        "id = :n",
    ),
    (
        "ledger.anchor",
        (
            "(id, deployment, index, epoch, size, log_root, map_root, block, block_hash, time,"
            f" tx_hash, nodes, seen_at,"
            f" state) OVERRIDING SYSTEM VALUE"
            f" VALUES (:n, 2000000000, 0, 0, 1, {_H}, {_H}, 1, {_H}, 1, {_H}, {_H}, {_NOW}, 'mined')"
        ),
        "id = :n",
    ),
    (
        "ledger.epoch",
        (
            "(id, deployment, number, first, keep, opened_at, reason, seen_at) OVERRIDING SYSTEM VALUE"
            f" VALUES (:n, 2000000000, 1, 2, 1, 1, 'canary', {_NOW})"
        ),
        "id = :n",
    ),
    ("ledger.sealed_group", (f"(deployment, number, root) VALUES (2000000000, 0, {_H})"), "deployment = 2000000000"),
    (
        "ledger.alarm",
        (
            f"(id, kind, halts, detail, raised_at) OVERRIDING SYSTEM VALUE"
            f" VALUES (:n, 'CANARY', false, 'canary', {_NOW})"
        ),
        "id = :n",
    ),
)

# What the web process adds.
WAREHOUSE = (
    (
        "warehouse.party",
        (
            f"(id, code, name, uri, created_at) OVERRIDING SYSTEM VALUE"
            f" VALUES (:n, ' canary', 'canary', ' canary', {_NOW})"
        ),
        "id = :n",
    ),
    (
        "warehouse.party_key",
        (f"(party_id, sequence, kid, public, sealed, statement_hash) VALUES (:n, 1, 'canary', {_H}, 'canary', {_H})"),
        "party_id = :n",
    ),
    (
        "warehouse.item",
        (
            "(id, party_id, code, name, unit, decimals, needs_expiry, needs_manufacturer_lot, held_on_arrival)"
            " OVERRIDING SYSTEM VALUE VALUES (:n, :n, 'canary', 'canary', 'EA', 0, false, false, false)"
        ),
        "id = :n",
    ),
    (
        "warehouse.site",
        "(id, party_id, code, name, zone) OVERRIDING SYSTEM VALUE VALUES (:n, :n, 'canary', 'canary', 'UTC')",
        "id = :n",
    ),
    (
        "warehouse.location",
        (
            "(id, party_id, site_id, code, name, kind) OVERRIDING SYSTEM VALUE"
            " VALUES (:n, :n, :n, 'canary', 'canary', 'storage')"
        ),
        "id = :n",
    ),
    ("warehouse.lot", ("(id, party_id, item_id, number, uri) VALUES (:n, :n, :n, 'canary', ' canary')"), "id = :n"),
    (
        "warehouse.movement",
        (
            "(number, party_id, id, type, actor, recorded_at, statement_hash, content_hash,"
            f" content, lots) VALUES"
            f" (:n, :n, {_ID}, 'receive', 'canary', {_NOW}, {_H}, {_H}, 'canary', '{{}}')"
        ),
        "number = :n",
    ),
    (
        "warehouse.leg",
        (
            "(lot_id, movement, line, place, status, units)"
            " VALUES (:n, :n, 1, -1, 'available', -1), (:n, :n, 2, :n, 'available', 1)"
        ),
        "lot_id = :n AND line = 1",
    ),
    ("warehouse.lot_descent", ("(child_id, parent_id, movement, units) VALUES (:n, :n - 1, :n, 1)"), "child_id = :n"),
    (
        "warehouse.statement",
        (f"(statement_hash, party_id, id, kind, jwt) VALUES ({_H}, :n, {_ID}, 1, 'canary')"),
        "party_id = :n",
    ),
    ("warehouse.disclosure", (f"(statement_hash, disclosures) VALUES ({_H}, 'canary')"), f"statement_hash = {_H}"),
    (
        "warehouse.handoff",
        (
            "(movement, id, sender_id, receiver_id, from_location_id, statement_hash)"
            f" VALUES (:n, {_ID}, :n, :n - 1, :n, {_H})"
        ),
        "movement = :n",
    ),
    (
        "warehouse.handoff_line",
        "(movement, line, lot_id, units, status) VALUES (:n, 1, :n, 1, 'available')",
        "movement = :n",
    ),
    (
        "warehouse.discrepancy",
        "(handoff, line, lot_id, units, refused, answer) VALUES (:n, 1, :n, 1, 0, :n)",
        "handoff = :n",
    ),
    (
        "warehouse.notice",
        (
            "(id, kind, from_party_id, to_party_id, lot_uri, movement, created_at) OVERRIDING SYSTEM VALUE"
            f" VALUES (:n, 'recall', :n, :n, 'canary', :n, {_NOW})"
        ),
        "id = :n",
    ),
    (
        "warehouse.refusal",
        (
            "(number, party_id, key, operation, status, problem, detail, at) OVERRIDING SYSTEM VALUE"
            " VALUES (:n, :n, 'canary', 'canary', 409, 'canary', 'canary', now())"
        ),
        "number = :n",
    ),
    (
        "warehouse.change",
        (
            "(number, party_id, kind, code, field, who, at) OVERRIDING SYSTEM VALUE"
            " VALUES (:n, :n, 'canary', 'canary', 'canary', 'canary', now())"
        ),
        "number = :n",
    ),
    (
        "warehouse.supplement",
        (
            "(number, party_id, id, lot_id, field, value, reason, who, at) OVERRIDING SYSTEM VALUE"
            f" VALUES (:n, :n, {_ID}, :n, 'canary', 'canary', 'canary', 'canary', now())"
        ),
        "number = :n",
    ),
    (
        "warehouse.reading_batch",
        (
            "(number, party_id, who, source, received_at) OVERRIDING SYSTEM VALUE"
            f" VALUES (:n, :n, 'canary', 'api', {_NOW})"
        ),
        "number = :n",
    ),
    (
        "warehouse.reading",
        (
            "(number, party_id, sensor_id, at, value, kind, batch) OVERRIDING SYSTEM VALUE"
            f" VALUES (:n, :n, :n, {_NOW}, 0, 'temperature', :n)"
        ),
        "number = :n",
    ),
    (
        "ledger.submission",
        (
            f"(id, kind, statement_hash, recorded_at, subjects) OVERRIDING SYSTEM VALUE"
            f" VALUES (:n, 1, {_H}, {_NOW}, {_H})"
        ),
        "id = :n",
    ),
)
