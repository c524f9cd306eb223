"""The rules of the warehouse, pure: facts in, decision or refusal out. Imports the standard library only."""
