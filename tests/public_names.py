"""The public names of the API, which clients hold: error codes, ids of operations and names of schemas.

`python -m tests.public_names` adds new ones to the committed lists in `tests/data/public_names/`. It removes none: a
name never vanishes (docs/api.md).
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from chalicelib.kit import error_catalogue, openapi
from infra.deploy import handlers

FOLDER = Path(__file__).parent / "data" / "public_names"


@cache
def document() -> dict[str, Any]:
    """The OpenAPI document of the bundle."""
    return openapi.document(handlers.chalice_app().routes, "Backroom", "1")


def current() -> dict[str, set[str]]:
    """The names of this version, by list. An error code has its status, an operation its method and path."""
    return {
        "error_codes": {f"{error.code} {error.status}" for error in error_catalogue.load_codes()},
        "operations": {
            f"{operation['operationId']} {method.upper()} {path}"
            for path, methods in document()["paths"].items()
            for method, operation in methods.items()
        },
        "schemas": set(document()["components"]["schemas"]),
    }


def committed(name: str) -> set[str]:
    """The names of a list."""
    path = FOLDER / f"{name}.txt"
    return set(path.read_text().splitlines()) if path.exists() else set()


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for list_name, names in current().items():
        text = "\n".join(sorted(committed(list_name) | names))
        (FOLDER / f"{list_name}.txt").write_text(f"{text}\n")
