"""Stripe's objects, parsed from their JSON in every API version that we read."""
