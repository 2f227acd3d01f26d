"""Routes of platform."""
