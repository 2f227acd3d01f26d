"""Scenario tests of the studio that mirror no module."""
