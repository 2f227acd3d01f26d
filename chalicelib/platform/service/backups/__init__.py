"""Backups of stores: made, listed, checked, and restored into a fresh place."""
