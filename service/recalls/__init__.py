"""Recalls as acts of people: a lot and all that was made of it, stopped in one transaction; and notices of others."""
