"""Repositories of retention: its own tables, and the rows and objects of other contexts."""
