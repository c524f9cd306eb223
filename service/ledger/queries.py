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
    WHERE party_id = ANY(%s::bigint[]) ORDER BY party_id, sequence DESC
"""

# Whoever may bring lots into being does so alone in its party: names are checked and given under this lock.
PARTIES_THAT_NAME_LOTS = PARTIES + " FOR NO KEY UPDATE"

PARTIES_BY_ID = "SELECT id, code, name, uri FROM warehouse.party WHERE id = ANY(%s)"

_ITEM = """SELECT id, party_id, code, name, gtin, unit, decimals, shelf_life_days, needs_expiry, needs_manufacturer_lot,
    held_on_arrival FROM warehouse.item """

ITEMS = _ITEM + "WHERE (party_id, code) IN (SELECT * FROM unnest(%s::bigint[], %s::text[]))"  # noqa: S608
ITEMS_BY_GTIN = _ITEM + "WHERE (party_id, gtin) IN (SELECT * FROM unnest(%s::bigint[], %s::text[]))"  # noqa: S608
ITEMS_BY_ID = _ITEM + "WHERE id = ANY(%s::bigint[])"

_LOCATION = """
    SELECT l.id, l.code, l.kind, s.id, s.party_id, s.code, s.zone, s.gln, p.uri
    FROM warehouse.location l JOIN warehouse.site s ON s.id = l.site_id JOIN warehouse.party p ON p.id = s.party_id
"""
LOCATIONS = _LOCATION + """
    WHERE (s.party_id, s.code, l.code) IN (SELECT * FROM unnest(%s::bigint[], %s::text[], %s::text[]))
"""  # noqa: S608
LOCATIONS_BY_ID = _LOCATION + "WHERE l.id = ANY(%s::bigint[])"

HANDOFFS = """
    SELECT movement, id, sender_id, receiver_id, from_location_id, state, statement_hash FROM warehouse.handoff
    WHERE (receiver_id, id) IN (SELECT * FROM unnest(%s::bigint[], %s::uuid[])) ORDER BY movement FOR NO KEY UPDATE
"""
HANDOFF_LINES = """
    SELECT h.movement, h.lot_id, h.units, l.uri, l.item_id, l.number
    FROM warehouse.handoff_line h JOIN warehouse.lot l ON l.id = h.lot_id
    WHERE h.movement = ANY(%s::bigint[]) ORDER BY h.movement, h.line
"""

LOTS = """
    SELECT id, party_id, item_id, number, uri, production_date, expiry_date, retest_date, manufacturer_lot, supplier,
        traceability_lot_code, traceability_source
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
    SELECT party_id, id, type, recorded_at, statement_hash, content_hash, lots FROM warehouse.movement
    WHERE (party_id, id) IN (SELECT * FROM unnest(%s::bigint[], %s::uuid[]))
"""

STOCK = "SELECT lot_id, place, status, units FROM warehouse.balance WHERE lot_id = ANY(%s::bigint[])"

NEXT_LOT_IDS = "SELECT nextval('warehouse.lot_id') FROM generate_series(1, %s)"
NEXT_NUMBERS = "SELECT nextval('warehouse.movement_number') FROM generate_series(1, %s)"

ANSWER_HANDOFFS = """
    UPDATE warehouse.handoff h SET state = a.state, answer = a.answer
    FROM unnest(%s::bigint[], %s::uuid[], %s::text[], %s::bigint[]) AS a (receiver_id, id, state, answer)
    WHERE (h.receiver_id, h.id) = (a.receiver_id, a.id)
"""
