"""Moves of a store from one database to another: copy, freeze, comparison, switch, and the end of the old place."""
