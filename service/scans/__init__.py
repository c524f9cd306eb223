"""Scans: raw bytes read by GS1's rules, judged against what the party has and what the screen waits for, and kept."""
