"""Orders in the database: made, served and shipped. Stock changes only through `service.ledger.record_movements`.

Locks, always in this order, so that nobody waits in a circle: items (allocation only, by id), then what
`record_movements` takes (parties, handoffs, lots by id), then the order, then the movement that counts for it.
Allocation takes lots as the ledger does. What is set aside for an order changes under the order's lock only.
"""
