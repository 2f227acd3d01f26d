"""Parsers of Stripe's JSON objects, for every supported API version."""
