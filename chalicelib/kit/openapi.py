"""The OpenAPI 3.1 document, generated from the endpoint specs that also validate requests."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from chalicelib.kit.http import PROBLEM_JSON, EndpointSpec
from chalicelib.kit.openapi_examples import example_of
from chalicelib.kit.schemas import ProblemRead

Routes = Mapping[str, Mapping[str, Any]]
_REFERENCE = "#/components/schemas/{model}"


class _Schemas(GenerateJsonSchema):
    """Pydantic's generator without warnings about defaults that JSON cannot represent."""

    ignored_warning_kinds = {"skipped-choice", "non-serializable-default"}  # noqa: RUF012 - as pydantic declares it


def document(routes: Routes, title: str, version: str) -> dict[str, Any]:
    """Return the OpenAPI document of a Chalice app's `routes`, without views that have no endpoint spec."""
    endpoints = list(_contracts(routes))
    inputs = {c.body for _, _, c in endpoints if c.body} | {c.query for _, _, c in endpoints if c.query}
    outputs = {c.returns for _, _, c in endpoints if c.returns} | {ProblemRead}
    ordered = [(model, "validation") for model in _by_name(inputs)] + [(m, "serialization") for m in _by_name(outputs)]
    references, definitions = models_json_schema(
        ordered,  # type: ignore[arg-type]
        ref_template=_REFERENCE,
        schema_generator=_Schemas,
    )
    schemas = definitions.get("$defs", {})
    paths: dict[str, dict[str, Any]] = {}
    for path, method, contract in endpoints:
        paths.setdefault(path, {})[method.lower()] = _operation(path, method, contract, references, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version},
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": _security_schemes(c for _, _, c in endpoints)},
    }


def _by_name(models: set[type[BaseModel]]) -> list[type[BaseModel]]:
    return sorted(models, key=lambda model: (model.__module__, model.__name__))


def _contracts(routes: Routes) -> Iterator[tuple[str, str, EndpointSpec]]:
    for path, methods in sorted(routes.items()):
        for method, entry in methods.items():
            contract = getattr(entry.view_function, "contract", None)
            if contract is not None:
                yield path, method, contract


def _operation(
    path: str, method: str, contract: EndpointSpec, references: Any, schemas: dict[str, Any]
) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": f"{method.lower()}{re.sub(r'[^A-Za-z0-9]+', '_', path)}".rstrip("_"),
        "tags": [_tag(path)],
        "summary": contract.summary,
        "parameters": _parameters(path, method, contract, schemas),
        "responses": _responses(contract, references, schemas),
    }
    if contract.description:
        operation["description"] = contract.description
    if contract.body:
        schema = references[contract.body, "validation"]
        content = {"schema": schema, "example": example_of(schema, schemas)}
        operation["requestBody"] = {"required": True, "content": {"application/json": content}}
    scheme = getattr(contract.auth, "scheme", None)
    operation["security"] = [{scheme[0]: []}] if scheme else []
    return operation


def _tag(path: str) -> str:
    parts = [part for part in path.split("/") if part]
    return parts[1] if len(parts) > 1 and parts[0] in ("v1", "proxy", "webhooks", "shopify") else (parts or ["root"])[0]


def _parameters(path: str, method: str, contract: EndpointSpec, schemas: dict[str, Any]) -> list[dict[str, Any]]:
    text = {"type": "string"}
    parameters: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": text} for name in re.findall(r"{(\w+)}", path)
    ]
    if contract.query:
        schema = schemas.get(contract.query.__name__, {})
        for name, member in schema.get("properties", {}).items():
            required = name in schema.get("required", [])
            parameters.append({"name": name, "in": "query", "required": required, "schema": member})
    if contract.idempotent:
        parameters.append({"name": "Idempotency-Key", "in": "header", "required": False, "schema": text})
    if contract.etag:
        name = "If-None-Match" if method == "GET" else "If-Match"
        parameters.append({"name": name, "in": "header", "required": method != "GET", "schema": text})
    return parameters


def _responses(contract: EndpointSpec, references: Any, schemas: dict[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": contract.summary or "The response"}
    if contract.returns:
        schema = references[contract.returns, "serialization"]
        answer["content"] = {contract.media_type: {"schema": schema, "example": example_of(schema, schemas)}}
    problem = references[ProblemRead, "serialization"]
    default = {"description": "A problem", "content": {PROBLEM_JSON: {"schema": problem}}}
    return {str(contract.status): answer, "default": default}


def _security_schemes(contracts: Iterable[EndpointSpec]) -> dict[str, Any]:
    schemes = (getattr(contract.auth, "scheme", None) for contract in contracts)
    return {scheme[0]: scheme[1] for scheme in schemes if scheme}
