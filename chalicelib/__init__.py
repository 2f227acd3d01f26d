"""Backroom: one package a context, over `kit` (technique) and `integrations` (vendors)."""

import gc

# Importing makes a hundred thousand objects that all live: looking for garbage among them is a tenth of a cold start.
gc.set_threshold(50_000)
