"""From stored statements and anchoring's proofs to what a partner gets: the lot proof file and receipts."""
