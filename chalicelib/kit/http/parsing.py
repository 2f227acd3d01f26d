"""Parse a request's body, query and page by the schemas of its endpoint."""

from __future__ import annotations

import json
from typing import Any

from pydantic import ValidationError

from chalicelib.kit import pagination
from chalicelib.kit.errors import InvalidInput, MalformedRequest
from chalicelib.kit.http.spec import EndpointSpec
from chalicelib.kit.pagination import PageRequest
from chalicelib.kit.schemas import PageQuery


def parse_body(contract: EndpointSpec, raw_body: bytes) -> Any:
    """Return the body as the endpoint's schema, None without one.

    Raises MalformedRequest, InvalidInput; also for an empty body, while `{}` is valid if no field is required.
    """
    if contract.body is None:
        return None
    if not raw_body.strip():
        message = "send a JSON object, `{}` if no field is needed"
        raise InvalidInput(f"body: {message}", errors=[{"path": "body", "message": message}])
    try:
        return contract.body.model_validate_json(raw_body)
    except ValidationError as error:
        if any(item["type"] == "json_invalid" for item in error.errors(include_input=False)):
            raise MalformedRequest("The body is not valid JSON.") from None
        raise _invalid_input("body", error) from None


def parse_query(contract: EndpointSpec, query: dict[str, list[str]]) -> Any:
    """Return the query as the endpoint's schema, None without one. Raises InvalidInput, also for a repeated parameter."""
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
        raise _invalid_input("query", error) from None


def parse_page(parsed_query: Any, query: dict[str, list[str]], bound_to: str) -> PageRequest:
    """Return the requested page; its cursor is valid only for `bound_to` (caller and route) and the same filters.

    Raises InvalidInput for another cursor.
    """
    if not isinstance(parsed_query, PageQuery):
        return PageRequest()
    filters = json.dumps({name: query[name] for name in sorted(query) if name not in ("cursor", "limit")})
    bound_to = f"{bound_to} {filters}"
    return PageRequest(parsed_query.limit, pagination.decode(parsed_query.cursor, bound_to), bound_to)


def _invalid_input(where: str, error: ValidationError) -> InvalidInput:
    """Name each invalid field. Leave out the values: they may be personal."""
    errors = [
        {"path": ".".join([where, *map(str, item["loc"])]), "message": item["msg"]}
        for item in error.errors(include_url=False, include_input=False, include_context=False)
    ]
    return InvalidInput(f"{errors[0]['path']}: {errors[0]['message']}", errors=errors)
