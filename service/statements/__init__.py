"""Issuing statements: an EPCIS 2.0 event becomes an SD-JWT of which every property can be shown or withheld."""
