"""Schemas of analytics: its API and the messages between its jobs."""
