"""Codes of single packages: captured with their lot and packing, and everything that is done with them."""
