"""Secrets of this stage: from the environment, in an account also from SSM Parameter Store.

Parameters are named `/<prefix>/<stage>/<NAME>`. The first use reads all of them in one paginated call.
"""

from __future__ import annotations

from functools import cache

from chalicelib.kit import aws, config
from chalicelib.kit.config import SettingMissing


def secret(name: str, default: str | None = None) -> str:
    """Return the secret called `name`: from the environment, else from Parameter Store, else `default`.

    Raises SettingMissing if none of them has it.
    """
    value = config.variable(name)
    if not value and config.settings().is_live:
        value = _stored_secrets().get(name)
    value = value or default
    if not value:
        raise SettingMissing(f"{name} is not set")
    return value


@cache
def _stored_secrets() -> dict[str, str]:
    settings = config.settings()
    path = f"/{settings.table_prefix}/{settings.stage}/"
    pages = aws.client("ssm").get_paginator("get_parameters_by_path").paginate(Path=path, WithDecryption=True)
    return {item["Name"].removeprefix(path): item["Value"] for page in pages for item in page["Parameters"]}


def forget_secrets() -> None:
    """Clear the cached secrets: after one was refused, because it may have changed, and in tests."""
    _stored_secrets.cache_clear()
