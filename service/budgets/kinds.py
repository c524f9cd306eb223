"""Which operations draw from which bucket, and how much. Names are those of the OpenAPI document or of Flask."""

from collections.abc import Mapping

from service.records.names import OPERATIONS as RECORDS

COSTLY = frozenset({
    "trace_lot", "drill_recall", "upload_import", "run_import", "report_stock", "report_turnover", "report_quarantine",
    "report_ageing", "report_expiry", "report_history", "report_integrity", "read_figures",
    "print_lot_paper",
    *RECORDS,
})  # fmt: skip
"""Of a party: what reads or writes thousands of rows. They have a small bucket of their own beside the common one."""

PROOFS = frozenset({"prove_lot", "read_receipt", "read_movement", "read_certificate", "read_movement_certificate"})
"""Of a party: who verifies does not wait because the same party records much, nor the other way round."""

COSTS: Mapping[str, int] = {
    "record_movements": 5,
    "oauth.give_token": 5,  # a signature is checked, for whoever sends one
    "shared.shared_proof": 5,
    "public.public_proof": 5,
}
"""More than one request's worth; 1 is the rest."""

FREE = frozenset({"healthz", "metrics.metrics"})
"""Who watches must not be told to wait: one answers from memory, the other has a key of its own."""
