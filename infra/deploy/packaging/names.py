"""Names of stacks and functions: in Chalice, in CloudFormation and in the account."""

from __future__ import annotations

from typing import Any

from chalice.utils import to_cfn_resource_name

from chalicelib.kit import config
from infra.deploy import handlers

API = "api_handler"
"""Chalice's name for the function of the HTTP API."""
STORE_API = "store_api"
"""Our name for the function of the data API, which Chalice does not make (`store_function`)."""
HTTP_FUNCTIONS = {"api": API, "store": STORE_API}
"""The functions behind API Gateway, by the name that an endpoint's contract gives them."""
_IN_ACCOUNT = {API: "api", STORE_API: "store-api"}
_HANDLER_IDS = {API: "APIHandler", STORE_API: "StoreAPIHandler"}
API_STAGE = "api"
DATA, API_STACK, WATCH = "data", "api", "watch"
"""The stacks that belong to no context."""
OLD_STACK = "app"
"""The stack of earlier releases that held everything but data."""


def functions() -> list[str]:
    """Return the Chalice names of all functions."""
    return [API, STORE_API, *(handler.name for handler in (*handlers.consumers(), *handlers.schedules()))]


def function_name(name: str) -> str:
    """Return the function's name in the account: `<prefix>-<stage>-` and `api`, `store-api` or `<context>-<verb>_<object>`."""
    return config.settings().physical_name(_IN_ACCOUNT.get(name, name))


def logical(name: str) -> str:
    """Return the id that Chalice gives the resource `name` in the template."""
    return _HANDLER_IDS.get(name) or str(to_cfn_resource_name(name))


def stack_of(name: str) -> str:
    """Return the stack of the function `name`: its context, or the stack of the API."""
    return API_STACK if name in HTTP_FUNCTIONS.values() else name.partition("-")[0]


def stack_names() -> list[str]:
    """Return the names of all stacks in the order of their deployment."""
    contexts = sorted({stack_of(name) for name in functions()} - {API_STACK})
    return [DATA, API_STACK, *contexts, WATCH]


def stack_name(name: str) -> str:
    """Return the stack's name in the account, `<prefix>-<stage>-<name>`."""
    return config.settings().physical_name(name)


def key_id() -> dict[str, Any]:
    """Return a reference to the parameter with the id of the data stack's KMS key."""
    return {"Ref": "KeyId"}
