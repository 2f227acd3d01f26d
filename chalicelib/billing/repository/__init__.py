"""Repositories of billing: all keys, conditions and transactions, one module per family of tables."""
