"""HTTP of billing: members, stores, operators, Stripe."""
