"""Use cases of together. This module exports the functions that other contexts may call."""
