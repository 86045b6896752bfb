"""Ordered, append-only migrations; each in one transaction with its record."""
