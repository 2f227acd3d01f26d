"""The owners' page."""
