"""The members' page."""
