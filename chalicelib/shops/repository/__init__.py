"""Every key, condition and transaction of the shops, a module a family of tables."""
