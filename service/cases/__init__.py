"""Quarantine cases as acts of people: opened, looked into, decided, approved. Rules: service.domain.cases."""
