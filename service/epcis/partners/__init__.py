"""Events that go out to partners: what names a partner is sent to the partner's own EPCIS capture interface.

    epcis_channel        to which partner, where, and how far its events were looked through
    epcis_transmission   one document: made, sent, and what became of it there
    epcis_transmitted    which events stand in which document: each in one

A document is written down before it is sent, with its events; it is sent until it is answered, always the same bytes
(`id`, `creationDate`), so the partner knows it again. An answer 202 is not the end: the partner's capture job is asked
until it is over. What a partner refuses is kept with its reasons, for somebody to look at and to send again.
Evidence: tests/service/epcis_query/test_partners.py.
"""
