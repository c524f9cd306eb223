"""Campaigns: what takes too long for every run of the tests. Each has a short form in the suite (`test_short.py`)."""
