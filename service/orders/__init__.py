"""Orders in the database: made, served and shipped. Stock changes only through `service.ledger.record_movements`.

Locks, always in this order, so that nobody waits in a circle: items (allocation only, by id), then what
`record_movements` takes (parties, handoffs, lots by id), then the order. Allocation takes lots as the ledger does.
"""
