"""Bring rows to Stripe's state: one module per kind of Stripe object."""
