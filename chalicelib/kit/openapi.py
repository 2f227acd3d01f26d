"""The OpenAPI 3.1 document, generated from the endpoint specs that also validate requests."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from chalicelib.kit import error_catalogue
from chalicelib.kit.http import PROBLEM_JSON, EndpointSpec
from chalicelib.kit.openapi_examples import example_of
from chalicelib.kit.openapi_names import operation_ids, rename_references, schema_names
from chalicelib.kit.openapi_problems import framework_problems, problem_responses
from chalicelib.kit.schemas import ProblemRead

Routes = Mapping[str, Mapping[str, Any]]
HTML = "text/html"
_REFERENCE = "#/components/schemas/{model}"


@dataclass(frozen=True, slots=True)
class _Operation:
    """A method of a path."""

    id: str
    path: str
    method: str
    contract: EndpointSpec


class _Schemas(GenerateJsonSchema):
    """Pydantic's generator without warnings about defaults that JSON cannot represent."""

    ignored_warning_kinds = {"skipped-choice", "non-serializable-default"}  # noqa: RUF012 - as pydantic declares it


def document(routes: Routes, title: str, version: str, server: str = "/") -> dict[str, Any]:
    """Return the OpenAPI document of a Chalice app's `routes`, without views that have no endpoint spec.

    `server` is the API's URL; `/` means the host that serves the document.
    """
    operations = list(_operations(routes))
    contracts = [each.contract for each in operations]
    inputs = {c.body for c in contracts if c.body} | {c.query for c in contracts if c.query}
    outputs = {c.returns for c in contracts if c.returns} | {ProblemRead}
    ordered = [(model, "validation") for model in _by_name(inputs)] + [(m, "serialization") for m in _by_name(outputs)]
    references, definitions = models_json_schema(
        ordered,  # type: ignore[arg-type]
        ref_template=_REFERENCE,
        schema_generator=_Schemas,
    )
    generated = definitions.get("$defs", {})
    names = schema_names(generated)
    schemas = {name: rename_references(generated[old], names) | {"title": name} for old, name in names.items()}
    public = {key: rename_references(reference, names) for key, reference in references.items()}
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation, public, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version},
        "servers": [{"url": server}],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "securitySchemes": _security_schemes(contracts),
        },
    }


def _by_name(models: set[type[BaseModel]]) -> list[type[BaseModel]]:
    return sorted(models, key=lambda model: (model.__module__, model.__name__))


def _operations(routes: Routes) -> Iterator[_Operation]:
    views = {
        (path, method): entry.view_function
        for path, methods in sorted(routes.items())
        for method, entry in methods.items()
        if getattr(entry.view_function, "contract", None) is not None
    }
    ids = operation_ids(views)
    for (path, method), view in views.items():
        yield _Operation(ids[path, method], path, method, view.contract)


def _operation(operation: _Operation, references: Any, schemas: dict[str, Any]) -> dict[str, Any]:
    contract = operation.contract
    document: dict[str, Any] = {
        "operationId": operation.id,
        "tags": [_tag(operation.path)],
        "summary": contract.summary,
        "parameters": _parameters(operation, references, schemas),
        "responses": _responses(operation, references, schemas),
    }
    if contract.description:
        document["description"] = contract.description
    if contract.deprecated:
        document["deprecated"] = True
    if contract.body:
        schema = references[contract.body, "validation"]
        content = {"schema": schema, "example": example_of(schema, schemas)}
        document["requestBody"] = {"required": True, "content": {"application/json": content}}
    scheme = getattr(contract.auth, "scheme", None)
    document["security"] = [{scheme[0]: []}] if scheme else []
    return document


def _tag(path: str) -> str:
    parts = [part for part in path.split("/") if part]
    below = len(parts) > 1 and parts[0] in ("v1", "proxy", "webhooks", "shopify") and not parts[1].startswith("{")
    return parts[1] if below else (parts or ["root"])[0]


def _parameters(operation: _Operation, references: Any, schemas: dict[str, Any]) -> list[dict[str, Any]]:
    contract, text = operation.contract, {"type": "string"}
    names = re.findall(r"{(\w+)}", operation.path)
    parameters: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": text} for name in names
    ]
    if contract.query:
        schema = schemas[references[contract.query, "validation"]["$ref"].rsplit("/", 1)[-1]]
        for name, member in schema.get("properties", {}).items():
            required = name in schema.get("required", [])
            parameters.append({"name": name, "in": "query", "required": required, "schema": member})
    if contract.idempotent:
        parameters.append({"name": "Idempotency-Key", "in": "header", "required": False, "schema": text})
    if contract.etag:
        reads = operation.method == "GET"
        required = not reads and contract.if_match == "required"
        name = "If-None-Match" if reads else "If-Match"
        parameters.append({"name": name, "in": "header", "required": required, "schema": text})
    return parameters


def _responses(operation: _Operation, references: Any, schemas: dict[str, Any]) -> dict[str, Any]:
    contract = operation.contract
    answer: dict[str, Any] = {"description": contract.summary or "The response"}
    if contract.returns:
        schema = references[contract.returns, "serialization"]
        answer["content"] = {contract.media_type: {"schema": schema, "example": example_of(schema, schemas)}}
    problem = references[ProblemRead, "serialization"]
    default = {"description": "A problem", "content": {PROBLEM_JSON: {"schema": problem}}}
    kinds = [*framework_problems(operation.path, operation.method, contract), *contract.errors]
    codes = [(kind.status, kind.code) for kind in kinds]
    codes += [(error.status, error.code) for error in error_catalogue.codes_by_operation().get(operation.id, ())]
    responses = {str(contract.status): answer, **problem_responses(codes, problem), "default": default}
    if contract.media_type == HTML:  # a page may also tell of a problem
        responses = {key: each | {"content": {**each.get("content", {}), HTML: {}}} for key, each in responses.items()}
    return responses


def _security_schemes(contracts: Iterable[EndpointSpec]) -> dict[str, Any]:
    schemes = (getattr(contract.auth, "scheme", None) for contract in contracts)
    return {scheme[0]: scheme[1] for scheme in schemes if scheme}
