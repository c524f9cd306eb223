"""The warehouse: what may happen, and to whom it is shown."""
