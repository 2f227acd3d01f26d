"""The function of the data API: Chalice makes one function behind API Gateway, this one is made beside it (ADR 33).

It runs the same zip and handler, with its own role, the layer of SQL drivers, and connections into a VPC if there is one.
"""

from __future__ import annotations

import copy
from typing import Any

from infra.deploy import handlers
from infra.deploy.packaging import concurrency, layers, policies
from infra.deploy.packaging.names import API, STORE_API, function_name, logical

Resources = dict[str, dict[str, Any]]
PERMISSION = "InvokePermission"


def add(resources: Resources) -> None:
    """Add the function, its role, its log group and API Gateway's permission to the resources that Chalice made."""
    role = logical(f"{STORE_API}-role")
    function = copy.deepcopy(resources[logical(API)])
    properties = function["Properties"]
    properties.pop("ReservedConcurrentExecutions", None)
    limits = handlers.limits()[STORE_API]
    properties |= {
        "Timeout": limits["lambda_timeout"],
        "MemorySize": limits["lambda_memory_size"],
        "FunctionName": function_name(STORE_API),
        "Role": {"Fn::GetAtt": [role, "Arn"]},
        **concurrency.properties(STORE_API),
        **layers.function_properties(layers.SQL),
    }
    group = copy.deepcopy(resources[logical(f"{API}-log-group")])
    group["Properties"]["LogGroupName"] = f"/aws/lambda/{function_name(STORE_API)}"
    permission = copy.deepcopy(resources[logical(API) + PERMISSION])
    permission["Properties"]["FunctionName"] = {"Ref": logical(STORE_API)}
    resources |= {
        logical(STORE_API): function,
        role: _role(resources[logical(f"{API}-role")]),
        logical(f"{STORE_API}-log-group"): group,
        logical(STORE_API) + PERMISSION: permission,
    }


def _role(api_role: dict[str, Any]) -> dict[str, Any]:
    """Return a role like the API's, with the data API's own policy."""
    role = copy.deepcopy(api_role)
    [policy] = role["Properties"]["Policies"]
    policy["PolicyDocument"] = policies.documents()[STORE_API]
    role["Properties"] |= layers.role_properties(layers.SQL)
    return role
