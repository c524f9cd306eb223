"""GS1 EPCIS 2.0: documents in and out, capture, the events that our movements are.

    bytes --documents.read--> Document (canonical events) --capture--> movements, kept events --> warehouse.epcis_event
    warehouse.movement --movements--> canonical event --------------------------------------------^

A *canonical event* is a dict in the JSON form of the standard: CBV words bare, GS1 keys as Digital Links of id.gs1.org,
numbers as Decimal, times as they were given, the prefixes of its extensions in an `@context` of its own.
"""
