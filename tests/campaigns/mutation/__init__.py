"""Mutation testing in process: what can be changed, how it is changed in place, and which tests look at it."""
