"""Check that the OpenAPI document names each problem that an operation answers with in a test."""

from __future__ import annotations

import functools
import importlib
import json
from collections.abc import Callable
from functools import cache
from typing import Any

from chalice.app import Response

from chalicelib.kit import openapi
from chalicelib.kit.http import PROBLEM_JSON, EndpointSpec
from infra.deploy import handlers

undocumented: list[str] = []
"""The problems since the last test that the document does not name for their operation."""


def record() -> None:
    """Compare each problem of `@endpoint` with the document, for the rest of the process."""
    module: Any = importlib.import_module("chalicelib.kit.http.endpoint")  # the package has a function of this name
    handle: Callable[..., Response] = module._handle

    @functools.wraps(handle)
    def compared(contract: EndpointSpec, function: Callable[..., Any], *rest: Any) -> Response:
        response = handle(contract, function, *rest)
        if response.headers.get("Content-Type") == PROBLEM_JSON:
            _compare(function, json.loads(response.body))
        return response

    module._handle = compared


def _compare(function: Callable[..., Any], problem: dict[str, Any]) -> None:
    codes = _documented().get(f"{function.__module__}.{function.__name__}")
    answered = f"{problem['status']} {problem['code']}"
    if codes is not None and answered not in codes:
        undocumented.append(f"{function.__module__}.{function.__name__}: {answered}")


@cache
def _documented() -> dict[str, set[str]]:
    """Return statuses and codes that the document names, by the full name of the operation's function."""
    routes = handlers.chalice_app().routes
    paths = openapi.document(routes, "x", "1")["paths"]
    codes = {}
    for path, methods in routes.items():
        for method, entry in methods.items():
            view = entry.view_function
            responses = paths[path][method.lower()]["responses"].items()
            named = {f"{status} {code}" for status, each in responses for code in each.get("x-error-codes", ())}
            codes[f"{view.__module__}.{view.__name__}"] = named
    return codes
