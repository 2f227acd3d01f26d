"""Backroom: one package a context, over `kit` (technique) and `integrations` (vendors)."""
