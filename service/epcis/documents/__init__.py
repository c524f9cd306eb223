"""EPCIS documents as bytes: read into canonical events, written from them, in JSON, JSON-LD and XML 2.0.

    read(body, media_type) -> Document        write(document, media_type, epc_format) -> bytes

Official examples are read and written back unchanged in meaning; XML and JSON go into each other and back
(tests/service/epcis/test_documents.py, test_round_trips.py).
"""

from service.epcis.documents.document import Document, Unreadable
from service.epcis.documents.reading import JSON_TYPES, XML_TYPES, read, read_event
from service.epcis.documents.writing import write, write_event

__all__ = ["JSON_TYPES", "XML_TYPES", "Document", "Unreadable", "read", "read_event", "write", "write_event"]
