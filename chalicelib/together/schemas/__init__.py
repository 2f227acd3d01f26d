"""Shapes of requests, responses and messages of together."""
