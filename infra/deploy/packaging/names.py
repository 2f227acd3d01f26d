"""Names in the app stack: in Chalice, in CloudFormation and in the account."""

from __future__ import annotations

from typing import Any

from chalice.utils import to_cfn_resource_name

from chalicelib.kit import config
from infra.deploy import handlers

API = "api_handler"
"""Chalice's name for the function of the HTTP API."""
API_STAGE = "api"


def functions() -> list[str]:
    """Return the Chalice names of all functions."""
    return [API, *(handler.name for handler in (*handlers.consumers(), *handlers.schedules()))]


def function_name(name: str) -> str:
    """Return the function's name in the account: `<prefix>-<stage>-<context>-<verb>_<object>`, `<prefix>-<stage>-api`."""
    return f"{config.settings().namespace}-{'api' if name == API else name}"


def logical(name: str) -> str:
    """Return the id that Chalice gives the resource `name` in the template."""
    return "APIHandler" if name == API else str(to_cfn_resource_name(name))


def key_id() -> dict[str, Any]:
    """Return a reference to the data stack's KMS key."""
    return {"Fn::ImportValue": f"{config.settings().namespace}-key-id"}
