"""Use cases of retention: sweep, archive, privacy requests, erasure, export, checks.

This package imports none of them: the API must not load the code that scans and archives tables.
"""
