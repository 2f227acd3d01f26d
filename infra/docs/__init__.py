"""Generators of the pages under docs/, of tables, costs, events and retention rules."""
