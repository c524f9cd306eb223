"""The records that laws ask for, as sheets: one engine, and for each record the columns that its rule names.

    Record      a name, the rule that it answers, fields with their sources, and rows that stream     (record)
    lines       one row of the ledger for each movement and lot, with all that is known of them       (lines)
    missing     what a record asks for and nobody has said, before an inspector finds it              (missing)
    catalogue   the list of records

What a movement does not say stands beside the ledger: address cards of companies and sites (cards), product data of
items (products), and supplements to movements and lots (supplements).
"""
