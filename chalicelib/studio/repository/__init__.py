"""Keys, conditions, index queries and transactions of the studio."""
