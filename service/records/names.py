"""The names of the records, and of the operations that export them and say what they lack; `catalogue` has the same."""

NAMES = (
    "fsma-204", "dscsa", "gsp-purchases", "gsp-acceptance", "gsp-sales", "gsp-checking-out", "gsp-unfit", "gsp-climate",
    "gsp-trace-codes", "eu-fmd", "gmp-genealogy", "audit-trail",
)  # fmt: skip

OPERATIONS = (
    *(f"{does}_{name.replace('-', '_')}" for name in NAMES for does in ("export", "missing_in")),
    "print_transaction",
)
