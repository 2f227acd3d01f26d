"""Names in the OpenAPI document: ids of operations and names of schemas. Clients are generated from them (ADR 47)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

_REFERENCE = "#/components/schemas/"
Operation = tuple[str, str]
"""A path and a method."""


def operation_ids(views: Mapping[Operation, Any]) -> dict[Operation, str]:
    """Return the id of each operation: the name of its function.

    Functions of several contexts that share a name have their context before it: `together_list_sessions`. Raises
    ValueError if two functions of one context share a name.
    """
    shared = Counter(view.__name__ for view in views.values())
    ids = {
        operation: view.__name__ if shared[view.__name__] == 1 else f"{_context(view.__module__)}_{view.__name__}"
        for operation, view in views.items()
    }
    repeated = sorted(name for name, count in Counter(ids.values()).items() if count > 1)
    if repeated:
        raise ValueError(f"route functions of a context need unique names: {', '.join(repeated)}")
    return ids


def _context(module: str) -> str:
    return module.split(".")[1]


def schema_names(schemas: Mapping[str, Any]) -> dict[str, str]:
    """Return the public name of each schema by the name that pydantic generated: letters and digits only, unique.

    Classes of several contexts that share a name have their context before it: `ShopsSessionRead`. The page of
    `StyleRead` is `StylePage`. Raises ValueError if two classes of one context share a name.
    """
    names = {name: _schema_name(name, schemas) for name in schemas}
    repeated = sorted(name for name, count in Counter(names.values()).items() if count > 1)
    if repeated:
        raise ValueError(f"schemas of a context need unique names: {', '.join(repeated)}")
    return names


def _schema_name(generated: str, schemas: Mapping[str, Any]) -> str:
    if "Page_" in generated:
        item = schemas[generated]["properties"]["items"]["items"]["$ref"].removeprefix(_REFERENCE)
        return _schema_name(item, schemas).removesuffix("Read") + "Page"
    qualified = re.fullmatch(r"chalicelib__(\w+?)__(?:\w+?__)*([A-Z][A-Za-z0-9]*)", generated)
    prefix, name = (_camel(qualified[1]), qualified[2]) if qualified else ("", generated)
    return prefix + re.sub(r"[^A-Za-z0-9]", "", name)


def _camel(name: str) -> str:
    return "".join(part.title() for part in name.split("_"))


def rename_references(value: Any, names: Mapping[str, str]) -> Any:
    """Return a part of the document in which every reference has the schema's public name."""
    if isinstance(value, list):
        return [rename_references(each, names) for each in value]
    if not isinstance(value, Mapping):
        return value
    copy = {key: rename_references(each, names) for key, each in value.items()}
    if isinstance(copy.get("$ref"), str):
        generated = copy["$ref"].removeprefix(_REFERENCE)
        copy["$ref"] = _REFERENCE + names.get(generated, generated)
    return copy
