"""Repositories of analytics: all keys, conditions and transactions, one module per family of tables."""
