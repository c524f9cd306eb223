"""Sensors on a database: what is kept, sealed, judged and computed."""
