"""Parsers of Stripe's JSON objects, for every supported API version: JSON becomes typed objects here, once."""
