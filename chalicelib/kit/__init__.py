"""Technique shared by all contexts; knows no context and no vendor but AWS."""
