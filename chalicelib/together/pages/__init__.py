"""Pages of together."""
