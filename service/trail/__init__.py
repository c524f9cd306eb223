"""What people changed and signed is held by the log: sheets of its hashes, each named by a notice (kind 4)."""
