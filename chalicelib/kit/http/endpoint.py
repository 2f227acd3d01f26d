"""`@endpoint`: one decorator between API Gateway and a use case.

It verifies the caller, parses body and query by their schemas, refuses requests that are too large, handles
Idempotency-Key, If-Match and cursors, and renders the result or the problem. Chalice's middleware does not see our
exceptions, so this module maps errors.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from chalice.app import Blueprint, Request, Response

from chalicelib.kit import ids, logs, rate_limit_headers, tables
from chalicelib.kit.auth import Credentials
from chalicelib.kit.errors import (
    InternalError,
    NotFound,
    PayloadTooLarge,
    Problem,
    Unavailable,
    WriteConflict,
)
from chalicelib.kit.http import conditional, parsing, rendering
from chalicelib.kit.http.client_address import client_address
from chalicelib.kit.http.spec import ApiRequest, CompletedCall, EndpointSpec
from chalicelib.kit.idempotency import Replayed
from chalicelib.kit.pagination import PageResult
from chalicelib.kit.schemas import Page

MAX_PATH_PARAMETER = 255
"""Characters of an id in a path; DynamoDB refuses sort keys of more than 1,024 bytes, and empty keys."""

log = logs.logger("http")


def endpoint(bp: Blueprint, **contract: Any) -> Callable[[Callable[..., Any]], Callable[..., Response]]:
    """Turn a function of an `ApiRequest` (and path parameters) into a Chalice view. Takes the fields of `EndpointSpec`.

    The function returns `returns` (or a `PageResult` of it if `returns` is a `Page`) or a `chalice.Response`, or raises a
    Problem.
    """

    def decorate(function: Callable[..., Any]) -> Callable[..., Response]:
        summary, _, description = (inspect.getdoc(function) or "").partition("\n")
        spec = EndpointSpec(**contract, summary=summary, description=description.strip())

        @functools.wraps(function)
        def view(**path: str) -> Response:
            return _handle(spec, function, bp.current_request, path)

        view.__dict__["contract"] = spec
        return view

    return decorate


def _handle(contract: EndpointSpec, function: Callable[..., Any], request: Request, path: dict[str, str]) -> Response:
    request_id = request.context.get("requestId") or ids.new()
    correlation_id = request.headers.get("x-correlation-id", "")[:64] or request_id
    principal, credentials, code = None, None, None
    log_fields = {"request_id": request_id, "correlation_id": correlation_id}
    with logs.bound(**log_fields), rate_limit_headers.collected() as limits:
        try:
            credentials = _read_credentials(contract, request, path)
            principal = contract.auth(credentials) if contract.auth else None
            response = _answer(contract, function, request, _parse(contract, request, credentials, principal))
        except Exception as error:
            problem = error if isinstance(error, Problem) else _unexpected(error, function, request)
            code, response = problem.code, rendering.render_problem(problem, request_id)
        if contract.record and principal is not None and credentials is not None:
            completed = CompletedCall(_path(request), request.method, response.status_code, code, credentials)
            contract.record(principal, completed)
        if response.status_code >= 500:
            log.warning("request failed", extra={"status": response.status_code, "route": _route(request)})
    for name, value in rate_limit_headers.rate_limit_headers(limits.values()).items():
        response.headers.setdefault(name, value)
    if contract.any_origin:
        response.headers["Access-Control-Allow-Origin"] = "*"
    if contract.deprecated:
        response.headers.update(contract.deprecated.headers())
    return rendering.with_common_headers(response, request_id)


def _unexpected(error: Exception, function: Callable[..., Any], request: Request) -> Problem:
    if tables.is_throttled(error):
        return Unavailable("The database is throttling requests.")
    if isinstance(error, WriteConflict):
        return Unavailable("Too many concurrent updates; try again.")
    log.exception("request failed: unexpected error", extra={"route": _route(request)})
    from chalicelib.kit import error_reports  # noqa: PLC0415 - a cold start does without it

    error_reports.report(error, function)
    return InternalError()


def _answer(
    contract: EndpointSpec, function: Callable[..., Any], request: Request, call: ApiRequest[Any, Any, Any]
) -> Response:
    try:
        result = conditional.run_idempotently(function, call, dict(call.credentials.path), contract)
    except Replayed as replayed:
        return rendering.render_result(contract, replayed.response, {"Idempotency-Replayed": "true"})
    if isinstance(result, Response):
        return result
    if isinstance(result, PageResult):
        result = Page[Any](items=result.items, next_cursor=call.page.cursor(result.last_key))
    if not contract.etag:
        return rendering.render_result(contract, result, {})
    tag = f'"{contract.etag(result)}"'
    if conditional.is_not_modified(tag, request.method, call.credentials.headers):
        return Response(body="", status_code=304, headers={"ETag": tag})
    return rendering.render_result(contract, result, {"ETag": tag})


def _read_credentials(contract: EndpointSpec, request: Request, path: dict[str, str]) -> Credentials:
    """Return the parts of the request that a verifier reads. Raises PayloadTooLarge, NotFound for an impossible path."""
    raw_body = request.raw_body if isinstance(request.raw_body, bytes) else request.raw_body.encode()
    if len(raw_body) > contract.max_body:
        raise PayloadTooLarge(f"The limit here is {contract.max_body} bytes.")
    if any(len(value) > MAX_PATH_PARAMETER or not value.strip() for value in path.values()):
        raise NotFound
    parameters = request.query_params
    query = {name: parameters.getlist(name) for name in parameters} if parameters else {}
    headers = dict(request.headers)  # Chalice has lower-cased their names
    return Credentials(headers, query, path, raw_body, client_address(request.context))


def _parse(
    contract: EndpointSpec, request: Request, credentials: Credentials, principal: Any
) -> ApiRequest[Any, Any, Any]:
    """Parse the request of a verified caller. Raises the problems of its schemas."""
    query, raw_body = dict(credentials.query), credentials.raw_body
    subject = getattr(principal, "subject", "anyone")
    logs.bind(tenant=getattr(principal, "tenant", subject))
    parsed_query = parsing.parse_query(contract, query)
    route = f"{_route(request)} {dict(credentials.path)}"
    return ApiRequest(
        principal=principal,
        body=parsing.parse_body(contract, raw_body),
        query=parsed_query,
        credentials=credentials,
        page=parsing.parse_page(parsed_query, query, f"{subject} {route}"),
        if_match=conditional.parse_if_match(contract, request.method, dict(credentials.headers)),
        idempotency=conditional.parse_idempotency_key(contract, dict(credentials.headers), subject, route, raw_body),
    )


def _route(request: Request) -> str:
    return f"{request.method} {_path(request)}"


def _path(request: Request) -> str:
    return str(request.context.get("resourcePath", request.path))
