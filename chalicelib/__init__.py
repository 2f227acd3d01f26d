"""Backroom: one package a context, over `kit` (technique) and `integrations` (vendors)."""

import gc

# Importing makes a hundred thousand objects that all live: looking for garbage among them is a tenth of a cold start.
# The threshold lies above them all, so that the first look comes after the first answer.
gc.set_threshold(200_000)
