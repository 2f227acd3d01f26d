"""What an operator command refuses to do."""


class CommandRefused(RuntimeError):
    """The command cannot do what it was asked; the message says why and what to do."""
