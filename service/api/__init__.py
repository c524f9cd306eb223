"""The HTTP interface: JSON in, JSON or a problem out. Shapes are checked here, rules in the domain, stock in the
ledger.
"""
