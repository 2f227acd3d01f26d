"""Examples of request and response bodies, made from their JSON Schemas."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

Schema = Mapping[str, Any]
BY_FORMAT = {
    "date": "2026-01-31",
    "date-time": "2026-01-31T08:00:00.000000Z",
    "decimal": "19.90",
    "email": "someone@example.com",
    "uri": "https://example.com/",
    "uuid": "0b9f0a44-6c2c-4f0e-9d5e-2f6b1d1f7a10",
}
BY_NAME = {
    "app": "studio",
    "currency": "USD",
    "image": "iVBORw0KGgo=",
    "photo": "iVBORw0KGgo=",
    "shop": "example.myshopify.com",
    "subject": "shop:example.myshopify.com",
}
MOST_DEPTH = 6
"""Schemas that are deeper, or recursive, get an empty example."""


def example_of(schema: Schema, schemas: Mapping[str, Schema], name: str = "", depth: int = 0) -> Any:
    """Return an example of a value of `schema`, whose references are in `schemas`. `name` is its property's name.

    Values that a schema declares come first: an example, a constant, a default, a member of an enumeration. Properties
    whose default is null are left out, unless they declare examples.
    """
    if "$ref" in schema:
        return example_of(schemas.get(str(schema["$ref"]).rsplit("/", 1)[-1], {}), schemas, name, depth)
    for declared in ("examples", "enum"):
        if schema.get(declared):
            return schema[declared][0]
    for declared in ("example", "const", "default"):
        if schema.get(declared) is not None:
            return schema[declared]
    for choice in (choice for family in ("allOf", "anyOf", "oneOf") for choice in schema.get(family, ())):
        return example_of(choice, schemas, name, depth)
    return _by_type(schema, schemas, name, depth)


def _by_type(schema: Schema, schemas: Mapping[str, Schema], name: str, depth: int) -> Any:
    match schema.get("type"):
        case "object" if depth < MOST_DEPTH:
            members = schema.get("properties", {}).items()
            given = [(key, each) for key, each in members if "examples" in each or each.get("default", key) is not None]
            return {key: example_of(member, schemas, key, depth + 1) for key, member in given}
        case "object":
            return {}
        case "array":
            return [example_of(schema.get("items", {}), schemas, name, depth + 1)] if depth < MOST_DEPTH else []
        case "integer" | "number":
            return max(schema.get("minimum", 1), schema.get("exclusiveMinimum", 0) + 1)
        case "boolean":
            return True
        case "null":
            return None
        case "string":
            return _text(schema, name)
    return {}


def _text(schema: Schema, name: str) -> str:
    prefix = re.match(r"\^(gid://shopify/\w+/)", schema.get("pattern", ""))
    if prefix:
        return f"{prefix[1]}1"
    if schema.get("format") in BY_FORMAT:
        return BY_FORMAT[schema["format"]]
    if name in BY_NAME:
        return BY_NAME[name]
    for ending, example in (("url", "uri"), ("email", "email"), ("_at", "date-time")):
        if name.endswith(ending):
            return BY_FORMAT[example]
    return BY_FORMAT["uuid"] if name == "id" or name.endswith(("_id", "_ids", "uuid")) else name or "text"
