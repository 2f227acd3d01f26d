"""Errors of packaging and deployment."""


class PackagingFailed(RuntimeError):
    """Packaging or deployment failed; the message names the remedy."""
