"""Pages of platform."""
