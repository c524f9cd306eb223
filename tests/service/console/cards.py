"""What a narrow screen has of a table: for each row the titles that stand with its cells."""

import re


def columns(page: str) -> list[list[str]]:
    """Of every row below a head, the title of each of its cells."""
    rows = re.findall(r'<tr role="row"[^>]*>(.*?)</tr>', page, re.S)
    return [re.findall(r'<t[dh] role="(?:cell|rowheader)"(?: data-label="([^"]*)")?', row) for row in rows
            if 'role="cell"' in row]  # fmt: skip
