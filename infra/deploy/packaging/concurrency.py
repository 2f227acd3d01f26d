"""Reserved concurrency: executions that the API and the vital functions always have, whatever else runs in the account.

A reservation is also the most that the function gets. Lambda refuses one that leaves the account fewer than 100
unreserved executions, so it depends on the account: `deploy` sets the templates' parameter. A new account has ten.
"""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from chalicelib.kit import aws
from infra.deploy.packaging.names import API, STORE_API, function_name

RESERVED = {
    API: 100,
    STORE_API: 50,
    "shops-apply_webhook": 10,
    "billing-process_stripe_event": 10,
    "studio-make_final": 10,
}
"""Executions by function. Others may wait in their queues; the last three serve paid orders, payments and uninstalls.

Each execution of the data API keeps one connection to a shared server, so its reservation also limits those.
"""
UNRESERVED = 100
"""Executions that Lambda keeps for functions without a reservation."""
PARAMETER, CONDITION = "ReserveConcurrency", "ReservesConcurrency"


def parameter() -> dict[str, Any]:
    """Return the declaration of the templates' parameter."""
    about = "Whether the API and the vital functions have reserved concurrency"
    return {"Type": "String", "AllowedValues": ["true", "false"], "Default": "false", "Description": about}


def condition() -> dict[str, Any]:
    """Return the condition under which the reservations apply."""
    return {"Fn::Equals": [{"Ref": PARAMETER}, "true"]}


def properties(name: str) -> dict[str, Any]:
    """Return the properties that give a function its reservation; none if it has none."""
    if name not in RESERVED:
        return {}
    return {"ReservedConcurrentExecutions": {"Fn::If": [CONDITION, RESERVED[name], {"Ref": "AWS::NoValue"}]}}


def unreserved_executions() -> int:
    """Return the account's executions without a reservation, beside those that this stage's functions have reserved."""
    account = aws.client("lambda").get_account_settings()["AccountLimit"]
    return int(account["UnreservedConcurrentExecutions"]) + sum(_reserved(function_name(name)) for name in RESERVED)


def fits(unreserved: int) -> bool:
    """Return whether the account allows the reservations, with this many executions beside other reservations."""
    return unreserved - sum(RESERVED.values()) >= UNRESERVED


def describe_lack(unreserved: int) -> str:
    """Return why the functions have no reservations."""
    needed = sum(RESERVED.values()) + UNRESERVED
    return f"no concurrency is reserved: {needed:,} unreserved executions needed, {unreserved:,} available"


def _reserved(function: str) -> int:
    """Return a function's reservation, 0 if it has none or does not exist."""
    try:
        answer = aws.client("lambda").get_function_concurrency(FunctionName=function)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        return 0
    return int(answer.get("ReservedConcurrentExecutions", 0))
