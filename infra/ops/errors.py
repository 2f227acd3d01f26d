"""Errors of operator commands."""


class CommandRefused(RuntimeError):
    """The command cannot run; the message names the reason and the remedy."""
