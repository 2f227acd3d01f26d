"""Routes of together."""
