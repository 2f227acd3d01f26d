"""Every key, condition, index query and transaction of together."""
