"""The ledger of stock: `record_movements` is the only writer there is.

    scribe = Scribe(origin, Keyring(kek), now, os.urandom)
    with engine.begin() as connection:
        outcomes = record_movements(connection, scribe, requests)   # one transaction, one outcome for each request
    outcomes = record(engine, scribe, requests)                     # the same, with its own transaction and retry
    outcome = gather.record(request)                                # the same, shared with other threads (group commit)
"""

from service.ledger.audit import Finding, ledger_audit
from service.ledger.gather import Closed, Gather
from service.ledger.master_data import NewItem, create_item, create_location, create_party, create_site
from service.ledger.party_keys import change_key
from service.ledger.recording import record, record_movements
from service.ledger.requests import MovementRequest, Outcome, Recorded, Refused, Scribe

__all__ = [
    "Closed", "Finding", "Gather", "MovementRequest", "NewItem", "Outcome", "Recorded", "Refused", "Scribe",
    "change_key", "create_item",
    "create_location", "create_party", "create_site", "ledger_audit", "record", "record_movements",
]
