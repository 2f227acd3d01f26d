"""The SQL tables that each store has in a database of its own, and their revisions."""
