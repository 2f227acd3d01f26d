"""Names of stacks and functions: in Chalice, in CloudFormation and in the account."""

from __future__ import annotations

from typing import Any

from chalice.utils import to_cfn_resource_name

from chalicelib.kit import config
from infra.deploy import handlers

API = "api_handler"
"""Chalice's name for the function of the HTTP API."""
API_STAGE = "api"
DATA, API_STACK, WATCH = "data", "api", "watch"
"""The stacks that belong to no context."""
OLD_STACK = "app"
"""The stack of earlier releases that held everything but data."""


def functions() -> list[str]:
    """Return the Chalice names of all functions."""
    return [API, *(handler.name for handler in (*handlers.consumers(), *handlers.schedules()))]


def function_name(name: str) -> str:
    """Return the function's name in the account: `<prefix>-<stage>-<context>-<verb>_<object>`, `<prefix>-<stage>-api`."""
    return f"{config.settings().namespace}-{'api' if name == API else name}"


def logical(name: str) -> str:
    """Return the id that Chalice gives the resource `name` in the template."""
    return "APIHandler" if name == API else str(to_cfn_resource_name(name))


def stack_of(name: str) -> str:
    """Return the stack of the function `name`: its context, or the stack of the API."""
    return API_STACK if name == API else name.partition("-")[0]


def stack_names() -> list[str]:
    """Return the names of all stacks in the order of their deployment."""
    contexts = sorted({stack_of(name) for name in functions()} - {API_STACK})
    return [DATA, API_STACK, *contexts, WATCH]


def stack_name(name: str) -> str:
    """Return the stack's name in the account, `<prefix>-<stage>-<name>`."""
    return f"{config.settings().namespace}-{name}"


def key_id() -> dict[str, Any]:
    """Return a reference to the parameter with the id of the data stack's KMS key."""
    return {"Ref": "KeyId"}
