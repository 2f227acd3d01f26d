"""Schemas of the studio: for merchants, for shoppers, and the messages between its jobs."""
