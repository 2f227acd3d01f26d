"""Render results as JSON and errors as problem details (RFC 9457)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from chalice.app import Request, Response
from pydantic import BaseModel

from chalicelib.kit import config, ids, logs
from chalicelib.kit.errors import InternalError, Problem
from chalicelib.kit.http.spec import EndpointSpec

MAX_RESPONSE = 4_000_000
"""Bytes of a response; Lambda allows 6 MB with its escaping."""
PROBLEM_JSON = "application/problem+json"

log = logs.logger("http")


def render_result(contract: EndpointSpec, result: Any, headers: dict[str, str]) -> Response:
    """Return the response for a result. Raises InternalError if it is over MAX_RESPONSE."""
    text = result.model_dump_json() if isinstance(result, BaseModel) else json.dumps(result)
    if contract.status == 204:
        text = ""
    if len(text.encode()) > MAX_RESPONSE:
        log.error("response too large", extra={"bytes": len(text.encode())})
        raise InternalError
    return Response(body=text, status_code=contract.status, headers={"Content-Type": contract.media_type, **headers})


def problem_document(problem: Problem, request_id: str) -> dict[str, Any]:
    """Return the problem's members. `type` is the URL of the page about its code (`kit/error_pages.py`)."""
    return problem.as_dict(request_id, f"{config.settings().public_url}/docs/errors/{problem.code}")


def render_problem(problem: Problem, request_id: str) -> Response:
    """Return the response for a problem."""
    return Response(
        body=json.dumps(problem_document(problem, request_id), ensure_ascii=False),
        status_code=problem.status,
        headers={"Content-Type": PROBLEM_JSON, **problem.headers},
    )


def with_common_headers(response: Response, request_id: str) -> Response:
    """Return the response with the headers that every response has, unless it sets them itself."""
    response.headers.setdefault("X-Request-Id", request_id)
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    return response


def problem_details(event: Request, get_response: Callable[[Request], Response]) -> Response:
    """Render Chalice's own errors (405, 415, …) as problems; a Chalice middleware."""
    response = get_response(event)
    body = response.body
    if response.status_code < 400 or not isinstance(body, dict) or "Code" not in body:
        return response
    kinds = {kind.status: kind for kind in Problem.__subclasses__()}
    problem = kinds.get(response.status_code, InternalError)()
    request_id = event.context.get("requestId") or ids.new()
    document = problem_document(problem, request_id) | {"status": response.status_code}
    headers = {**response.headers, "Content-Type": PROBLEM_JSON, "X-Request-Id": request_id}
    return Response(body=json.dumps(document), status_code=response.status_code, headers=headers)
