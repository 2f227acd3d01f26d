"""HTTP routes of billing, for members, stores, operators and Stripe."""
