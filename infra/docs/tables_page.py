"""Generate docs/tables.md from the models: every table with its keys, indexes, expiry and columns."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from chalicelib.kit import table_schema
from chalicelib.kit.attributes import ColumnAttribute, EnumAttribute
from chalicelib.kit.tables import Table
from infra.deploy import data_stack

_TYPES = {"S": "text", "N": "number", "BOOL": "boolean", "L": "list", "B": "binary", "M": "map"}
_KINDS = {
    "DateTimeAttribute": "time",
    "DateAttribute": "day",
    "DecimalAttribute": "decimal",
    "IntegerAttribute": "integer",
    "JsonAttribute": "JSON",
    "SecretAttribute": "encrypted secret",
    "ExpiryAttribute": "epoch seconds (TTL)",
    "StringListAttribute": "list of text",
}


def render() -> str:
    """Return the page as Markdown."""
    lines = [
        "# Tables",
        "",
        "Generated from the models by `make generate`; do not edit. Names are `<prefix>-<stage>-<context>-<table>`.",
        "All tables are billed per request, encrypted, and recoverable to any point of the last 35 days.",
    ]
    for context, models in groupby(data_stack.models(), key=_context):
        lines += ["", f"## {context}"]
        for model in models:
            lines += ["", *_table(model)]
    return "\n".join(lines) + "\n"


def _context(model: type[Table]) -> str:
    return model.__module__.split(".")[1]


def _table(model: type[Table]) -> list[str]:
    name = str(model.Meta.table_name).split(f"-{_context(model)}-", 1)[1]
    schema = model._get_schema()
    lines = [f"### {name}", "", inspect.getdoc(model) or "", "", f"Key: {_key(schema['key_schema'])}."]
    lines += [
        f"Index `{index['index_name']}`: {_key(index['key_schema'])}." for index in schema["global_secondary_indexes"]
    ]
    if data_stack.expires(model):
        lines.append("Rows expire at `expires_epoch`.")
    lines += ["", "| column | type | may be null | personal |", "| --- | --- | --- | --- |"]
    for name, attribute in table_schema.columns(model).items():
        cells = [name, _type(attribute), "yes" if attribute.null else "", "yes" if attribute.personal else ""]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def _type(attribute: ColumnAttribute[Any]) -> str:
    if isinstance(attribute, EnumAttribute):
        return "one of " + ", ".join(f"`{value}`" for value in attribute.kind)
    return _KINDS.get(type(attribute).__name__, _TYPES.get(attribute.attr_type, attribute.attr_type))


def _key(schema: Sequence[Mapping[str, Any]]) -> str:
    ordered = sorted(schema, key=lambda part: str(part["KeyType"]))
    return ", ".join(f"`{part['AttributeName']}`" for part in ordered)
