"""Measures: of stores' days and months, of the platform's revenue, and of the data API's speed.

Each is replaced, never incremented.
"""
