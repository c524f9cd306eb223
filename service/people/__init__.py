"""People of the parties, and what is kept of their doings beside the ledger: refusals, and changes of master data."""
