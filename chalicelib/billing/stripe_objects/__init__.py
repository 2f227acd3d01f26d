"""Typed Stripe objects: JSON of every supported API version is parsed here, once."""
