"""Every key, condition and transaction of billing, a module a family of tables."""
