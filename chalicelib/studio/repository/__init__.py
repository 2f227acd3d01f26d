"""Keys, conditions, queries and transactions of the studio, a module a family."""
