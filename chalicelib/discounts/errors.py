"""Errors of discounts. Class names are the API's `code`."""
