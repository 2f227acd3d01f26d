"""Stripe: what members and stores owe and own. Stripe is the truth; rows here are its projection and our credit ledger."""
