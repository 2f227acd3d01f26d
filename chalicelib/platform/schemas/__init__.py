"""Requests, responses and messages of platform."""
