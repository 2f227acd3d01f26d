"""`@endpoint`: one decorator between API Gateway and a use case.

It verifies the caller, reads body and query by their schemas, refuses what is too large, honours Idempotency-Key,
If-Match and cursors, and renders the answer or the problem. Chalice's own middleware never sees our exceptions,
so errors are mapped here.
"""

from __future__ import annotations

import functools
import inspect
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, Literal

from chalice.app import Blueprint, Request, Response
from pydantic import BaseModel, ValidationError
from typing_extensions import TypeVar

from chalicelib.kit import ids, logs, pages, tables
from chalicelib.kit.auth import Credentials
from chalicelib.kit.errors import (
    InternalError,
    InvalidInput,
    MalformedRequest,
    MethodNotAllowed,
    NotFound,
    PayloadTooLarge,
    PreconditionRequired,
    Problem,
    Unavailable,
)
from chalicelib.kit.idempotency import Idempotency, Replayed, judge
from chalicelib.kit.pages import PageRequest, Slice
from chalicelib.kit.schemas import Page, PageQuery

P = TypeVar("P", default=None)
B = TypeVar("B", default=None)
Q = TypeVar("Q", default=None)

MAX_BODY = 1_000_000
MAX_WEBHOOK_BODY = 4_000_000
MAX_RESPONSE = 4_000_000
MAX_PATH_PARAMETER = 255
"""Characters of an id in a path; DynamoDB refuses sort keys of more than 1,024 bytes, and empty keys."""
PROBLEM_JSON = "application/problem+json"

log = logs.logger("http")


@dataclass(frozen=True, slots=True)
class Call(Generic[P, B, Q]):
    """A verified, parsed request: all that a route needs."""

    principal: P
    body: B
    query: Q
    credentials: Credentials
    page: PageRequest
    if_match: str | None
    idempotency: Idempotency | None


@dataclass(frozen=True, slots=True)
class Contract:
    """What an endpoint takes and gives; the OpenAPI document is made of these."""

    auth: Callable[[Credentials], Any] | None = None
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    returns: type[BaseModel] | None = None
    status: int = 200
    max_body: int = MAX_BODY
    idempotent: Literal["joined", "claimed"] | None = None
    etag: Callable[[Any], str] | None = None
    if_match: Literal["required", "optional"] = "required"
    """Whether a change must say which version it is of; only with `etag`."""
    media_type: str = "application/json"
    errors: tuple[type[Problem], ...] = field(default=())
    summary: str = ""
    description: str = ""


def endpoint(bp: Blueprint, **contract: Any) -> Callable[[Callable[..., Any]], Callable[..., Response]]:
    """Make a function of a `Call` (and path parameters) a Chalice view. Takes the fields of `Contract`.

    The function answers with `returns` (or a `Slice` of it where `returns` is a `Page`), with a ready
    `chalice.Response`, or raises a Problem.
    """

    def decorate(function: Callable[..., Any]) -> Callable[..., Response]:
        summary, _, description = (inspect.getdoc(function) or "").partition("\n")
        made = Contract(**contract, summary=summary, description=description.strip())

        @functools.wraps(function)
        def view(**path: str) -> Response:
            return _handle(made, function, bp.current_request, path)

        view.__dict__["contract"] = made
        return view

    return decorate


def refuse_other_methods(bp: Blueprint, path: str, *served: str) -> None:
    """Answer 405 to every method of `path` that is not served; API Gateway by itself would answer 403."""

    def refuse(_call: Call, **_path: str) -> None:
        raise MethodNotAllowed(headers={"Allow": ", ".join(served)})

    def view(**parameters: str) -> Response:
        return _handle(Contract(), refuse, bp.current_request, parameters)

    others = [method for method in ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT") if method not in served]
    bp.route(path, methods=others)(view)


def _handle(contract: Contract, function: Callable[..., Any], request: Request, path: dict[str, str]) -> Response:
    request_id = request.context.get("requestId") or ids.new()
    correlation_id = request.headers.get("x-correlation-id", "")[:64] or request_id
    with logs.bound(request_id=request_id, correlation_id=correlation_id):
        try:
            response = _answer(contract, function, request, path)
        except Problem as problem:
            response = _problem(problem, request_id)
        except Exception as error:
            response = _problem(_unexpected(error, request), request_id)
        if response.status_code >= 500:
            log.warning("answered with an error", extra={"status": response.status_code, "route": _route(request)})
    response.headers.setdefault("X-Request-Id", request_id)
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    return response


def _unexpected(error: Exception, request: Request) -> Problem:
    if tables.is_throttled(error):
        return Unavailable("The store asks us to slow down.")
    log.exception("unexpected error", extra={"route": _route(request)})
    return InternalError()


def _answer(contract: Contract, function: Callable[..., Any], request: Request, path: dict[str, str]) -> Response:
    raw_body = request.raw_body if isinstance(request.raw_body, bytes) else request.raw_body.encode()
    if len(raw_body) > contract.max_body:
        raise PayloadTooLarge(f"At most {contract.max_body} bytes are taken here.")
    if any(len(value) > MAX_PATH_PARAMETER or not value.strip() for value in path.values()):
        raise NotFound
    parameters = request.query_params
    query = {name: parameters.getlist(name) for name in parameters} if parameters else {}
    headers = dict(request.headers)  # Chalice has made their names lower case
    credentials = Credentials(headers, query, path, raw_body)
    principal = contract.auth(credentials) if contract.auth else None
    subject = getattr(principal, "subject", "anyone")
    logs.bind(tenant=getattr(principal, "tenant", subject))
    parsed_query = _parse_query(contract, query)
    what = f"{_route(request)} {path}"
    call = Call(
        principal=principal,
        body=_parse_body(contract, raw_body),
        query=parsed_query,
        credentials=credentials,
        page=_page(parsed_query, query, f"{subject} {what}"),
        if_match=_if_match(contract, request.method, headers),
        idempotency=_idempotency(contract, headers, subject, what, raw_body),
    )
    try:
        result = _run(function, call, path, contract)
    except Replayed as replayed:
        return _render(contract, replayed.response, {"Idempotency-Replayed": "true"})
    if isinstance(result, Response):
        return result
    if isinstance(result, Slice):
        result = Page[Any](items=result.items, next_cursor=call.page.cursor(result.last_key))
    tag = f'"{contract.etag(result)}"' if contract.etag else None
    if tag and request.method == "GET" and _has_read(tag, headers):
        return Response(body="", status_code=304, headers={"ETag": tag})
    return _render(contract, result, {"ETag": tag} if tag else {})


def _run(function: Callable[..., Any], call: Call[Any, Any, Any], path: dict[str, str], contract: Contract) -> Any:
    if call.idempotency is None:
        return function(call, **path)
    if contract.idempotent == "joined":
        call.idempotency.recall()
        try:
            return function(call, **path)
        except Problem as problem:
            judge(problem)
            raise
    call.idempotency.claim()
    try:
        result = function(call, **path)
    except BaseException:
        call.idempotency.abandon()
        raise
    call.idempotency.complete(result)
    return result


def _parse_body(contract: Contract, raw_body: bytes) -> Any:
    if contract.body is None:
        return None
    try:
        return contract.body.model_validate_json(raw_body or b"{}")
    except ValidationError as error:
        if any(item["type"] == "json_invalid" for item in error.errors(include_input=False)):
            raise MalformedRequest("The body is not JSON.") from None
        raise _invalid("body", error) from None


def _parse_query(contract: Contract, query: dict[str, list[str]]) -> Any:
    if contract.query is None:
        return None
    repeated = [name for name, values in query.items() if len(values) > 1]
    if repeated:
        raise InvalidInput(
            f"query.{repeated[0]}: given more than once",
            errors=[{"path": f"query.{name}", "message": "given more than once"} for name in repeated],
        )
    try:
        return contract.query.model_validate({name: values[0] for name, values in query.items()})
    except ValidationError as error:
        raise _invalid("query", error) from None


def _invalid(where: str, error: ValidationError) -> InvalidInput:
    """The input's own values stay out of it: they may be personal."""
    errors = [
        {"path": ".".join([where, *map(str, item["loc"])]), "message": item["msg"]}
        for item in error.errors(include_url=False, include_input=False, include_context=False)
    ]
    return InvalidInput(f"{errors[0]['path']}: {errors[0]['message']}", errors=errors)


def _page(parsed: Any, query: dict[str, list[str]], asked: str) -> PageRequest:
    if not isinstance(parsed, PageQuery):
        return PageRequest()
    bound_to = f"{asked} {_without_paging(query)}"
    return PageRequest(parsed.limit, pages.decode(parsed.cursor, bound_to), bound_to)


def _without_paging(query: dict[str, list[str]]) -> str:
    return json.dumps({name: query[name] for name in sorted(query) if name not in ("cursor", "limit")})


def _has_read(tag: str, headers: dict[str, str]) -> bool:
    """Whether If-None-Match names the tag: a list, compared weakly, or `*` (RFC 9110, 13.1.2)."""
    given = [part.strip().removeprefix("W/") for part in headers.get("if-none-match", "").split(",")]
    return tag in given or given == ["*"]


def _if_match(contract: Contract, method: str, headers: dict[str, str]) -> str | None:
    if not contract.etag or method == "GET":
        return None
    tag = headers.get("if-match")
    if not tag:
        if contract.if_match == "optional":
            return None
        raise PreconditionRequired
    return tag.removeprefix("W/").strip('"')


def _idempotency(
    contract: Contract, headers: dict[str, str], subject: str, route: str, raw_body: bytes
) -> Idempotency | None:
    header = headers.get("idempotency-key")
    if not contract.idempotent or not header:
        return None
    if len(header) > 255:
        raise MalformedRequest("Idempotency-Key: at most 255 characters.")
    return Idempotency.of(header, subject, route, raw_body)


def _route(request: Request) -> str:
    return f"{request.method} {request.context.get('resourcePath', request.path)}"


def _render(contract: Contract, result: Any, headers: dict[str, str]) -> Response:
    text = result.model_dump_json() if isinstance(result, BaseModel) else json.dumps(result)
    if contract.status == 204:
        text = ""
    if len(text.encode()) > MAX_RESPONSE:
        log.error("the response is too large")
        raise InternalError
    return Response(body=text, status_code=contract.status, headers={"Content-Type": contract.media_type, **headers})


def _problem(problem: Problem, request_id: str) -> Response:
    return Response(
        body=json.dumps(problem.as_dict(request_id), ensure_ascii=False),
        status_code=problem.status,
        headers={"Content-Type": PROBLEM_JSON, **problem.headers},
    )


def problem_details(event: Request, get_response: Callable[[Request], Response]) -> Response:
    """Chalice middleware: render the errors that Chalice makes itself (405, 415, …) as problems, too."""
    response = get_response(event)
    body = response.body
    if response.status_code < 400 or not isinstance(body, dict) or "Code" not in body:
        return response
    kinds = {kind.status: kind for kind in Problem.__subclasses__()}
    problem = kinds.get(response.status_code, InternalError)()
    request_id = event.context.get("requestId") or ids.new()
    document = problem.as_dict(request_id) | {"status": response.status_code}
    headers = {**response.headers, "Content-Type": PROBLEM_JSON, "X-Request-Id": request_id}
    return Response(body=json.dumps(document), status_code=response.status_code, headers=headers)
