"""The questions that recording asks, each once for all requests of a call.

Every array parameter is a column of keys. Rows are locked in the order of their ids: two calls that need the same lots
meet at the smallest of them, and none holds what the other waits for.
"""

PARTIES = "SELECT id, code, name, uri FROM warehouse.party WHERE code = ANY(%s) ORDER BY id"

# The key that signs must still be the newest when the statement is sequenced: a change of keys waits for us, or we wait
# for it, and only then look for the newest.
PARTIES_THAT_SIGN = PARTIES + " FOR KEY SHARE"
NEWEST_KEYS = """
    SELECT DISTINCT ON (party_id) party_id, kid, sealed FROM warehouse.party_key
    WHERE party_id = ANY(%s::bigint[]) ORDER BY party_id, sequence DESC, sealed IS NULL, kid
"""
OWN_KEY = """
    SELECT public FROM warehouse.party_key k WHERE party_id = %s AND kid = %s AND sealed IS NULL
        AND sequence = (SELECT max(sequence) FROM warehouse.party_key n WHERE n.party_id = k.party_id)
"""

# Whoever may bring lots into being does so alone in its party: names are checked and given under this lock.
PARTIES_THAT_NAME_LOTS = PARTIES + " FOR NO KEY UPDATE"

PARTIES_BY_ID = "SELECT id, code, name, uri FROM warehouse.party WHERE id = ANY(%s)"

_ITEM = """SELECT id, party_id, code, name, gtin, unit, decimals, shelf_life_days, needs_expiry, needs_manufacturer_lot,
    held_on_arrival, needs_production_date, count_tolerance, content, content_unit FROM warehouse.item """

ITEMS = _ITEM + "WHERE (party_id, code) IN (SELECT * FROM unnest(%s::bigint[], %s::text[]))"  # noqa: S608
ITEMS_BY_GTIN = _ITEM + "WHERE (party_id, gtin) IN (SELECT * FROM unnest(%s::bigint[], %s::text[]))"  # noqa: S608
ITEMS_BY_ID = _ITEM + "WHERE id = ANY(%s::bigint[])"

SITES = """
    SELECT s.id, s.party_id, s.code, s.zone, s.gln, p.uri
    FROM warehouse.site s JOIN warehouse.party p ON p.id = s.party_id
    WHERE (s.party_id, s.code) IN (SELECT * FROM unnest(%s::bigint[], %s::text[]))
"""

_LOCATION = """
    SELECT l.id, l.code, l.kind, s.id, s.party_id, s.code, s.zone, s.gln, p.uri, w.id, w.code, w.kind
    FROM warehouse.location l JOIN warehouse.site s ON s.id = l.site_id JOIN warehouse.party p ON p.id = s.party_id
    LEFT JOIN warehouse.location w ON w.id = l.within
"""
LOCATIONS = _LOCATION + """
    WHERE (s.party_id, s.code, l.code) IN (SELECT * FROM unnest(%s::bigint[], %s::text[], %s::text[]))
"""  # noqa: S608
LOCATIONS_BY_ID = _LOCATION + "WHERE l.id = ANY(%s::bigint[])"

_PALLET = "l.kind = 'pallet' AND (l.party_id, l.code) IN (SELECT * FROM unnest(%s::bigint[], %s::text[]))"
PALLETS = f"{_LOCATION} WHERE {_PALLET}"
LOCK_PALLETS = f"SELECT l.id FROM warehouse.location l WHERE {_PALLET} ORDER BY l.id FOR NO KEY UPDATE"  # noqa: S608
RELOCATE = "UPDATE warehouse.location SET within = %s WHERE id = %s"

HANDOFFS = """
    SELECT movement, id, sender_id, receiver_id, from_location_id, state, statement_hash, expires_at, to_site_id
    FROM warehouse.handoff WHERE movement IN (
        SELECT movement FROM warehouse.handoff
            WHERE (receiver_id, id) IN (SELECT * FROM unnest(%s::bigint[], %s::uuid[]))
        UNION ALL
        SELECT number FROM warehouse.movement
            WHERE (party_id, id) IN (SELECT * FROM unnest(%s::bigint[], %s::uuid[]))
    ) ORDER BY movement FOR NO KEY UPDATE
"""
# Ids of offers that a receiver has seen before, also from another sender, whose offer nobody else may look at.
HANDOFF_IDS_TAKEN = "SELECT receiver, taken FROM warehouse.handoff_ids_taken(%s::bigint[], %s::uuid[])"
HANDOFF_LINES = """
    SELECT h.movement, h.lot_id, h.units, h.status, coalesce(d.units, 0), l.uri, l.item_id, l.number
    FROM warehouse.handoff_line h JOIN warehouse.lot l ON l.id = h.lot_id
    LEFT JOIN warehouse.discrepancy d ON (d.handoff, d.line) = (h.movement, h.line) AND d.settled IS NULL
    WHERE h.movement = ANY(%s::bigint[]) ORDER BY h.movement, h.line
"""

# What was made of these lots, at any remove. A child is always younger than its parents, so this ends.
FAMILIES = """
    WITH RECURSIVE family (root, lot) AS (
        SELECT id, id FROM warehouse.lot JOIN unnest(%s::bigint[], %s::text[]) AS k (item_id, number)
            USING (item_id, number)
        UNION
        SELECT root, child_id FROM family JOIN warehouse.lot_descent ON parent_id = lot
    )
    SELECT root, lot FROM family
"""
PARENTS = """
    SELECT DISTINCT d.child_id, d.parent_id, p.recall
    FROM warehouse.lot_descent d JOIN warehouse.lot p ON p.id = d.parent_id WHERE d.child_id = ANY(%s::bigint[])
"""
LOTS_ON = "SELECT DISTINCT lot_id FROM warehouse.balance WHERE place = %s AND units > 0"

LOTS = """
    SELECT id, party_id, item_id, number, uri, production_date, expiry_date, retest_date, manufacturer_lot, supplier,
        traceability_lot_code, traceability_source, recall
    FROM warehouse.lot WHERE id IN (
        SELECT id FROM warehouse.lot JOIN unnest(%s::bigint[], %s::text[]) AS k (item_id, number)
            USING (item_id, number)
        UNION ALL
        SELECT id FROM warehouse.lot JOIN unnest(%s::bigint[], %s::text[]) AS k (party_id, uri) USING (party_id, uri)
        UNION ALL
        SELECT unnest(%s::bigint[])
    ) ORDER BY id FOR NO KEY UPDATE
"""

RECORDED = """
    SELECT party_id, id, type, recorded_at, statement_hash, content_hash, lots, parts FROM warehouse.movement
    WHERE (party_id, id) IN (SELECT * FROM unnest(%s::bigint[], %s::uuid[]))
"""

STOCK = "SELECT lot_id, place, status, units FROM warehouse.balance WHERE lot_id = ANY(%s::bigint[])"

RESERVED = """
    SELECT r.lot_id, r.place, r.order_id, r.units, r.expires_at, o.number
    FROM warehouse.reservation r JOIN warehouse.orders o ON o.id = r.order_id
    WHERE r.lot_id = ANY(%s::bigint[]) AND (r.expires_at IS NULL OR r.expires_at > %s)
"""

NEXT_LOT_IDS = "SELECT nextval('warehouse.lot_id') FROM generate_series(1, %s)"
NEXT_NUMBERS = "SELECT nextval('warehouse.movement_number') FROM generate_series(1, %s)"

NEXT_PLACE_IDS = """SELECT nextval(pg_get_serial_sequence('warehouse.location', 'id')) FROM generate_series(1, %s)"""

ANSWER_HANDOFFS = """
    UPDATE warehouse.handoff h SET state = a.state, answer = a.answer
    FROM unnest(%s::bigint[], %s::uuid[], %s::text[], %s::bigint[]) AS a (receiver_id, id, state, answer)
    WHERE (h.receiver_id, h.id) = (a.receiver_id, a.id)
"""

# Where an answer fell short, line by line (0, 1, ... in the table), and what became of what was missing.
FELL_SHORT = """
    INSERT INTO warehouse.discrepancy (handoff, line, lot_id, units, refused, answer)
    SELECT h.movement, a.line, a.lot_id, a.units, a.refused, a.answer
    FROM unnest(%s::bigint[], %s::uuid[], %s::smallint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[])
        AS a (receiver_id, id, line, lot_id, units, refused, answer)
    JOIN warehouse.handoff h ON (h.receiver_id, h.id) = (a.receiver_id, a.id)
"""
SETTLED = """
    UPDATE warehouse.discrepancy d SET settled = a.movement, outcome = a.outcome
    FROM warehouse.handoff h, unnest(%s::bigint[], %s::uuid[], %s::smallint[], %s::bigint[], %s::text[])
        AS a (receiver_id, id, line, movement, outcome)
    WHERE (h.receiver_id, h.id) = (a.receiver_id, a.id) AND (d.handoff, d.line) = (h.movement, a.line)
"""

RECALL = "UPDATE warehouse.lot SET recall = %s WHERE id = ANY(%s::bigint[])"
"""Begins with the movement's number and ends with NULL."""

# Whoever was handed one of these lots, or is about to be, is told: once for each lot.
NOTIFY = """
    INSERT INTO warehouse.notice (kind, from_party_id, to_party_id, lot_uri, movement, created_at)
    SELECT %(kind)s, l.party_id, h.receiver_id, l.uri, %(movement)s, %(at)s
    FROM warehouse.lot l JOIN warehouse.handoff_line hl ON hl.lot_id = l.id
    JOIN warehouse.handoff h ON h.movement = hl.movement
    WHERE l.id = ANY(%(lots)s::bigint[]) AND h.state IN ('offered', 'accepted') AND h.receiver_id <> l.party_id
    GROUP BY l.party_id, h.receiver_id, l.uri
"""

# Quarantine cases: with what the case allows (its newest decision) and who has approved that decision.
CASES = """
    SELECT c.party_id, c.id, c.number, c.state, c.ruling, ARRAY(
        SELECT a.person FROM warehouse.case_act a
        WHERE a.case_number = c.number AND a.round = c.round AND a.act = 'approve')
    FROM warehouse.quarantine_case c
    WHERE (c.party_id, c.id) IN (SELECT * FROM unnest(%s::bigint[], %s::uuid[])) AND c.state <> 'closed'
    ORDER BY c.number FOR NO KEY UPDATE
"""
COVERS = """
    SELECT v.lot_id, v.place, v.case_number, v.units, c.id
    FROM warehouse.case_cover v JOIN warehouse.quarantine_case c ON c.number = v.case_number
    WHERE v.lot_id = ANY(%s::bigint[]) AND v.units > 0
"""

_CHANGED = "unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[]) AS k (case_number, lot_id, place, units)"
UNCOVER = f"""
    UPDATE warehouse.case_cover c SET units = c.units + k.units FROM {_CHANGED}
    WHERE (c.lot_id, c.place, c.case_number) = (k.lot_id, k.place, k.case_number)
"""  # noqa: S608
COVER = f"""
    INSERT INTO warehouse.case_cover AS c (case_number, lot_id, place, units)
    SELECT case_number, lot_id, place, units FROM {_CHANGED}
    ON CONFLICT (lot_id, place, case_number) DO UPDATE SET units = c.units + excluded.units
"""  # noqa: S608
MOVED_IN_CASES = "INSERT INTO warehouse.case_movement SELECT * FROM unnest(%s::bigint[], %s::bigint[])"
