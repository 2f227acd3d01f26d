"""Conditional and idempotent requests: If-Match, If-None-Match, Idempotency-Key."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from chalicelib.kit.errors import MalformedRequest, PreconditionRequired, Problem
from chalicelib.kit.http.spec import ApiRequest, EndpointSpec
from chalicelib.kit.idempotency import Idempotency, raise_for_stored_response

MAX_IDEMPOTENCY_KEY = 255
"""Characters, as at Stripe."""
_MAYBE_DUPLICATE = (409, 429)
"""Errors that a concurrent request with the same key can cause, for example by using up a limit.

If so, its stored response is replayed."""


def parse_if_match(contract: EndpointSpec, method: str, headers: dict[str, str]) -> str | None:
    """Return the version that a change names, without quotes; None without If-Match. Raises PreconditionRequired if the spec requires it."""
    if not contract.etag or method == "GET":
        return None
    tag = headers.get("if-match")
    if not tag:
        if contract.if_match == "optional":
            return None
        raise PreconditionRequired
    return tag.removeprefix("W/").strip('"')


def is_not_modified(tag: str, method: str, headers: Mapping[str, str]) -> bool:
    """Return whether If-None-Match of a GET names the tag: a list, compared weakly, or `*` (RFC 9110, 13.1.2)."""
    tags = [part.strip().removeprefix("W/") for part in headers.get("if-none-match", "").split(",")]
    return method == "GET" and (tag in tags or tags == ["*"])


def parse_idempotency_key(
    contract: EndpointSpec, headers: dict[str, str], subject: str, route: str, raw_body: bytes
) -> Idempotency | None:
    """Return the key with what it is bound to, or None. Raises MalformedRequest if it is too long."""
    header = headers.get("idempotency-key")
    if not contract.idempotent or not header:
        return None
    if len(header) > MAX_IDEMPOTENCY_KEY:
        raise MalformedRequest(f"Idempotency-Key: at most {MAX_IDEMPOTENCY_KEY} characters.")
    return Idempotency.of(header, subject, route, raw_body)


def run_idempotently(
    function: Callable[..., Any], call: ApiRequest[Any, Any, Any], path: dict[str, str], contract: EndpointSpec
) -> Any:
    """Run the view once per Idempotency-Key. Raises Replayed with the stored response, IdempotencyConflict, StillInProgress."""
    if call.idempotency is None:
        return function(call, **path)
    if contract.idempotent == "joined":
        call.idempotency.recall()
        try:
            return function(call, **path)
        except Problem as problem:
            raise_for_stored_response(problem)
            if problem.status in _MAYBE_DUPLICATE:
                call.idempotency.recall()
            raise
    call.idempotency.claim()
    try:
        result = function(call, **path)
    except BaseException:
        call.idempotency.abandon()
        raise
    call.idempotency.complete(result)
    return result
