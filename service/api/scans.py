"""Scans: what a code says, what it is here, and whether it is what the screen waits for."""

from typing import Any
from uuid import UUID

from service.api import scans_schemas as schemas
from service.api.door import Door, body_of
from service.api.house import House
from service.auth.keys import Caller
from service.scans.recording import Scanned, record_scan


def door(house: House) -> Door:
    scans = house.door("scans", "What a bar code says, and whether it is what was expected")

    @scans.operation("POST", "/scans", roles=("party",), body=body_of(schemas.NewScan),
                     answers={201: schemas.Scan, 200: schemas.Scan}, problems=(409,))  # fmt: skip
    def scan_code(caller: Caller, body: dict[str, Any]) -> Any:
        """Scan a code

        Send the bytes as they came and the scanner's symbology identifier: only that (or a Digital Link) makes a code
        GS1. The answer names item, lots, location or pallet, and what is wrong (`findings`); with `expect` it says
        whether this is it, and what to do. A scan changes no lot; every scan is kept.
        """
        assert caller.party_id is not None
        scanned = Scanned(**{"id": UUID(bytes=house.random(16), version=4), **body})
        with house.engine.begin() as connection:
            answer, replayed = record_scan(connection, caller.party_id, scanned, caller.actor, house.now())
        return answer, 200 if replayed else 201

    return scans
