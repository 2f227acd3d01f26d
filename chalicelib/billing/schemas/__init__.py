"""Schemas of billing: its API and the messages that it sends."""
