"""The pages: a start page in two languages, and the OpenAPI document for people.

No script, nothing from other hosts.
"""
