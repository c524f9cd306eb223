"""The audit of everything that is stored: `./lotproof audit`.

    journals     every row of the warehouse against the journal of the movement that made it
    statements   movements, statements, disclosures and the log against each other
    keys         parties, their keys and key statements
    rules        the rules of stock, once more over all rows
    catalogue    the database itself: nothing was disabled, replaced or put in the way
    columns      which column is evidence, which is derived, which says nothing about the past
    running      all of it and what `anchoring` audits of the log, map, anchors and chain, in one snapshot

A finding names table, row and field. What is compared with what follows from one fact: the statement that a party
signed is in the log, and it holds the hash of the journal of all rows that its movement made.
"""
