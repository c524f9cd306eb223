"""Webhooks: every movement of a party is told to whoever the party names, signed, at least once, in order.

    movement -- trigger post_deliveries --> warehouse.delivery -- Deliverer (worker process) --> the receiver

The outbox rows come into being in the transaction of the movement, so none is forgotten and none speaks of a movement
that is not there. A row is locked while it is sent and marked after; a process that dies between the two leaves it
waiting, and the same event is sent again under the same id.
"""
