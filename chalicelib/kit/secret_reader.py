"""Secrets of this stage: from the environment, in an account also from SSM Parameter Store.

Parameters are named `/<prefix>/<stage>/<NAME>`. One paginated call reads all of them, at most once in five minutes, so
that a warm function soon uses a changed or added one. If Parameter Store does not answer, the last values stay in use.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from chalicelib.kit import aws, clock, config, logs
from chalicelib.kit.config import SettingMissing

LIFETIME = timedelta(minutes=5)
"""How long the values are used before they are read again."""
RETRY = timedelta(seconds=30)
"""How long the last values are used after a failed read."""
READ_SECONDS, ATTEMPTS = 3, 2
"""Limits of a read: it delays the request that needs it."""

log = logs.logger("secret_reader")

_stored: tuple[datetime, dict[str, str]] | None = None
"""The values, and the time until which they are used. A tuple is replaced at once, so threads need no lock."""


def secret(name: str, default: str | None = None) -> str:
    """Return the secret called `name`: from the environment, else from Parameter Store, else `default`.

    Raises SettingMissing if none of them has it, botocore's errors if Parameter Store cannot be reached and no values are
    cached.
    """
    value = config.variable(name)
    if not value and config.settings().is_live:
        value = _stored_secrets().get(name)
    value = value or default
    if not value:
        raise SettingMissing(f"{name} is not set")
    return value


def parameter_path() -> str:
    """Return the path of this stage's secrets in Parameter Store, with a slash at its end."""
    settings = config.settings()
    return f"/{settings.table_prefix}/{settings.stage}/"


def forget_secrets() -> None:
    """Clear the cached secrets: after one was refused, because it may have changed, and in tests."""
    global _stored
    _stored = None


def _stored_secrets() -> dict[str, str]:
    """Return the values by name; read them again if they have expired."""
    global _stored
    from botocore.exceptions import BotoCoreError, ClientError

    now, last = clock.now(), _stored
    if last is not None and now < last[0]:
        return last[1]
    try:
        values = _read_parameters()
    except (BotoCoreError, ClientError) as error:
        if last is None:
            raise
        log.warning("secrets not read again; the last values stay in use", extra={"why": type(error).__name__})
        _stored = now + RETRY, last[1]
        return last[1]
    _stored = now + LIFETIME, values
    return values


def _read_parameters() -> dict[str, str]:
    path = parameter_path()
    pages = aws.client("ssm", read_timeout=READ_SECONDS, attempts=ATTEMPTS).get_paginator("get_parameters_by_path")
    items = (item for page in pages.paginate(Path=path, WithDecryption=True) for item in page["Parameters"])
    return {item["Name"].removeprefix(path): item["Value"] for item in items}
