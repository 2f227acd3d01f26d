"""Use cases of discounts. This module exports the functions that other contexts may call."""
