"""Moves of a store from one database to another: copy, pause, comparison, switch, and removal of the old place."""
