"""The problems that an operation can answer with, for the OpenAPI document.

`@endpoint` adds those of its own checks. The others are in the error catalogue, which is derived from the sources.
"""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from chalicelib.kit.errors import (
    IdempotencyConflict,
    InternalError,
    InvalidInput,
    MalformedRequest,
    NotFound,
    PayloadTooLarge,
    PreconditionRequired,
    Problem,
    StillInProgress,
    TooManyRequests,
    Unavailable,
)
from chalicelib.kit.http import PROBLEM_JSON, EndpointSpec

Codes = Iterable[tuple[int, str]]
"""Statuses and codes of problems."""


def framework_problems(path: str, method: str, contract: EndpointSpec) -> list[type[Problem]]:
    """Return the problems that `@endpoint` and API Gateway can answer with for this specification."""
    changes = method not in ("GET", "OPTIONS")
    conditions = {
        NotFound: "{" in path,
        MalformedRequest: contract.body or contract.idempotent,
        IdempotencyConflict: contract.idempotent,
        StillInProgress: contract.idempotent,
        PayloadTooLarge: changes,
        InvalidInput: contract.body or contract.query,
        PreconditionRequired: contract.etag and changes and contract.if_match == "required",
        TooManyRequests: True,  # API Gateway's throttle
        InternalError: True,
        Unavailable: True,
    }
    return [kind for kind, applies in conditions.items() if applies]


def problem_responses(codes: Codes, reference: dict[str, Any]) -> dict[str, Any]:
    """Return OpenAPI responses by status: the description names the codes, `x-error-codes` lists them for programs."""
    by_status: dict[int, list[str]] = {}
    for status, code in sorted(set(codes)):
        by_status.setdefault(status, []).append(code)
    return {
        str(status): {
            "description": f"{HTTPStatus(status).phrase}: {', '.join(names)}",
            "content": {PROBLEM_JSON: {"schema": reference}},
            "x-error-codes": names,
        }
        for status, names in by_status.items()
    }
