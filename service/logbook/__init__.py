"""What the log says about itself: notices (kind 4 of the ledger format) in its own chain, and the contracts it had."""
