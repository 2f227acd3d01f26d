"""Check the account's quotas that a deployment needs, before it begins.

Lambda and IAM report theirs. The defaults of others leave room: 2,500 tables, 2,000 stacks and 600 REST APIs in a region;
queues and topics have no practical limit.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from chalicelib.kit import aws
from infra.deploy.packaging.errors import PackagingFailed

API_CONCURRENCY = 20
"""Concurrent requests that the API must be able to serve."""
REQUEST = "https://console.aws.amazon.com/servicequotas/home/services"


class QuotaTooLow(PackagingFailed):
    """The account's quotas are too low for `prod`; the message names them."""


@dataclass(frozen=True, slots=True)
class Shortage:
    """A quota that is too low. `request` is the page where a higher one is requested."""

    quota: str
    needed: int
    available: int
    request: str

    def __str__(self) -> str:
        return f"{self.quota}: {self.needed:,} needed, {self.available:,} available; request more at {self.request}"


def check(stage: str, functions: Collection[str], zip_bytes: int) -> list[str]:
    """Return a line for each quota that is too low for the functions of these names with a zip of this size.

    Raises QuotaTooLow for `prod`, whose calls would be throttled.
    """
    short = [str(shortage) for shortage in iterate_shortages(functions, zip_bytes)]
    if short and stage == "prod":
        raise QuotaTooLow("The account's quotas are too low; nothing was deployed.\n  " + "\n  ".join(short))
    return [f"quota too low: {line}" for line in short]


def iterate_shortages(functions: Collection[str], zip_bytes: int) -> Iterator[Shortage]:
    """Yield the quotas that are too low. An existing function keeps its role, and its zip is replaced."""
    account = aws.client("lambda").get_account_settings()
    limits, usage = account["AccountLimit"], account["AccountUsage"]
    concurrency = limits["ConcurrentExecutions"]
    if concurrency < len(functions) + API_CONCURRENCY:
        needed = len(functions) + API_CONCURRENCY  # each consumer and schedule once
        yield Shortage("Lambda concurrent executions", needed, concurrency, f"{REQUEST}/lambda/quotas/L-B99A9384")
    existing = _existing(functions)
    storage = limits["TotalCodeSize"] - usage["TotalCodeSize"]
    more = len(functions) * zip_bytes - sum(each["CodeSize"] for each in existing)  # each keeps a copy of the zip
    if storage < more:
        yield Shortage("Lambda code storage, bytes", more, storage, f"{REQUEST}/lambda/quotas/L-2ACBD22F")
    roles = aws.client("iam").get_account_summary()["SummaryMap"]
    free, new = roles["RolesQuota"] - roles["Roles"], len(functions) - len({each["Role"] for each in existing})
    if free < new:
        yield Shortage("IAM roles", new, free, f"{REQUEST}/iam/quotas/L-FE177D64")


def _existing(functions: Collection[str]) -> list[dict[str, Any]]:
    """Return the configurations of those functions that exist already."""
    pages = aws.client("lambda").get_paginator("list_functions").paginate()
    return [each for page in pages for each in page["Functions"] if each["FunctionName"] in functions]
