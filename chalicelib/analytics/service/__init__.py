"""Use cases of analytics. This module exports the functions that other contexts may call."""
