"""Billing of members and stores. Rows are synced from Stripe; the credit ledger is ours."""
