"""Secrets of this stage: from the environment, in an account also from SSM Parameter Store.

Parameters are named `/<prefix>/<stage>/<NAME>`. Each is read by its name, at most once in five minutes, so that a warm
function soon uses a changed or added one, and so that a function's role can list the names that its code reads. If
Parameter Store does not answer, the last value stays in use.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from chalicelib.kit import aws, clock, config, logs
from chalicelib.kit.config import SettingMissing

LIFETIME = timedelta(minutes=5)
"""How long a value is used before it is read again."""
RETRY = timedelta(seconds=30)
"""How long the last value is used after a failed read."""
READ_SECONDS, ATTEMPTS = 3, 2
"""Limits of a read: it delays the request that needs it."""

log = logs.logger("secret_reader")

SHARED = "SHARED_"
"""Begins the names of the secrets that an operator chooses: the passwords of shared servers."""

_stored: dict[str, tuple[datetime, str | None]] = {}
"""By name: the time until which a value is used, and the value, None if there is none. An entry is replaced at once."""


def secret(name: str, default: str | None = None) -> str:
    """Return the secret called `name`: from the environment, else from Parameter Store, else `default`.

    Raises SettingMissing if none of them has it, botocore's errors if Parameter Store cannot be reached and no values are
    cached.
    """
    value = config.variable(name)
    if not value and config.settings().is_live:
        value = _stored_secret(name)
    value = value or default
    if not value:
        raise SettingMissing(f"{name} is not set")
    return value


def shared_password(name: str) -> str:
    """Return the password of a shared server, the secret called `name`.

    Raises SettingMissing if it is not set or is not a secret of shared servers: it is sent to a host that an operator
    chose, who must not get another secret by that.
    """
    if not name.startswith(SHARED):
        raise SettingMissing(f"{name} is no secret of shared servers, whose names begin with {SHARED}")
    return secret(name)


def parameter_path() -> str:
    """Return the path of this stage's secrets in Parameter Store, with a slash at its end."""
    settings = config.settings()
    return f"/{settings.table_prefix}/{settings.stage}/"


def forget_secrets() -> None:
    """Clear the cached secrets: after one was refused, because it may have changed, and in tests."""
    _stored.clear()


def _stored_secret(name: str) -> str | None:
    """Return the value, or None if there is none; read it if its time is over."""
    from botocore.exceptions import BotoCoreError, ClientError

    now, last = clock.now(), _stored.get(name)
    if last is not None and now < last[0]:
        return last[1]
    try:
        value = _read_parameter(name)
    except (BotoCoreError, ClientError) as error:
        if last is None:
            raise
        log.warning("secret not read again; the last value stays in use", extra={"why": type(error).__name__})
        _stored[name] = now + RETRY, last[1]
        return last[1]
    _stored[name] = now + LIFETIME, value
    return value


def _read_parameter(name: str) -> str | None:
    client = aws.client("ssm", read_timeout=READ_SECONDS, attempts=ATTEMPTS)
    # GetParameters, unlike GetParameter, answers for a missing one without an error
    found = client.get_parameters(Names=[parameter_path() + name], WithDecryption=True)["Parameters"]
    return str(found[0]["Value"]) if found else None
