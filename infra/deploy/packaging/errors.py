"""What stops a packaging or a deployment; the message says what to do."""


class PackagingFailed(RuntimeError):
    """It cannot be packaged or deployed like that."""
