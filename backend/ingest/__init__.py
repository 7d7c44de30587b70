"""Feeds into a store: bytes, records, batches."""
