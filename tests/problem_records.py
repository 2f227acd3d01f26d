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

answers: list[tuple[str, str]] = []
"""The full name of the operation's function, and status and code, of each problem since the last test."""


def undocumented() -> list[str]:
    """The problems since the last test that the document does not name for their operation."""
    if not answers:
        return []
    codes = _documented()
    return [f"{name}: {answer}" for name, answer in answers if answer not in codes.get(name, {answer})]


def record() -> None:
    """Keep each problem of `@endpoint`, for the rest of the process. A request does not wait for the document."""
    module: Any = importlib.import_module("chalicelib.kit.http.endpoint")  # the package has a function of this name
    handle: Callable[..., Response] = module._handle

    @functools.wraps(handle)
    def recorded(contract: EndpointSpec, function: Callable[..., Any], *rest: Any) -> Response:
        response = handle(contract, function, *rest)
        if response.headers.get("Content-Type") == PROBLEM_JSON:
            problem = json.loads(response.body)
            name = f"{function.__module__}.{function.__name__}"
            answers.append((name, f"{problem['status']} {problem['code']}"))
        return response

    module._handle = recorded


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
