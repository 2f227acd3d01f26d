"""Backups of stores: export, list, check, and restore into a new place."""
