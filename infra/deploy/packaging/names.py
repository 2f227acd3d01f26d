"""What things are called in the app stack: by Chalice, in CloudFormation, in the account."""

from __future__ import annotations

from typing import Any

from chalice.utils import to_cfn_resource_name

from chalicelib.kit import config
from infra.deploy import handlers

API = "api_handler"
"""Chalice's name of the function that answers HTTP."""
API_STAGE = "api"


def functions() -> list[str]:
    """Every function, by the name that Chalice knows it by."""
    return [API, *(handler.name for handler in (*handlers.consumers(), *handlers.schedules()))]


def function_name(name: str) -> str:
    """The function's name in the account: `<prefix>-<stage>-<context>-<verb>`, and `<prefix>-<stage>-api`."""
    return f"{config.settings().namespace}-{'api' if name == API else name}"


def logical(name: str) -> str:
    """The id that Chalice gives to something of this name in the template."""
    return "APIHandler" if name == API else str(to_cfn_resource_name(name))


def key_id() -> dict[str, Any]:
    """The data stack's KMS key."""
    return {"Fn::ImportValue": f"{config.settings().namespace}-key-id"}
