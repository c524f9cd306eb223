"""Who calls: API keys of parties, the operator, auditors and regulators."""
