"""Stripe's API (docs.stripe.com/api): the calls that billing makes, and the scheme of its webhook signatures."""
