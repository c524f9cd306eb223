"""A dishonest administrator of a small honest world: what he may do to a database, and what the audit then says.

    house      the world: parties, movements, a log, a contract that holds it; and the audit of it
    naked      the same database without constraints and triggers: nothing stands in his way
    bends      what he does to one column, or to one row
    judging    one lie, in a transaction that is rolled back: found? named?
    forging    lies that fit together: leaf, tree, map and checkpoint, signed with the real log key
"""
