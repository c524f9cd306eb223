"""Checking a Lotproof ledger: the rules of the formats and nothing of the warehouse.

Everything in this room can be read, built and run by somebody who trusts neither us nor our
service: it imports the standard library and ``cryptography`` only. The formats are those of
``docs/ledger-format.md``.
"""
