"""The OpenAPI document as one HTML page without scripts or external resources."""

from __future__ import annotations

import json
from html import escape
from pathlib import Path
from typing import Any

from chalicelib.kit.web import Document, Page, compose_document


def render(document: dict[str, Any]) -> Document:
    """Return an HTML page that lists every operation with its parameters, body, responses and credential."""
    by_tag: dict[str, list[str]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            by_tag.setdefault(operation["tags"][0], []).append(_operation(path, method, operation))
    sections = "".join(f"<h2>{escape(tag)}</h2>{''.join(entries)}" for tag, entries in sorted(by_tag.items()))
    schemas = "".join(
        f'<details id="{escape(name)}"><summary><code>{escape(name)}</code></summary>{_json(schema)}</details>'
        for name, schema in document["components"]["schemas"].items()
    )
    title = f"{document['info']['title']} {document['info']['version']}"
    fields = {"heading": escape(title), "sections": sections, "schemas": schemas}
    return compose_document(
        Page(Path(__file__).parent, title, markup="docs_page.html", style="docs_page.css", fields=fields)
    )


def _operation(path: str, method: str, operation: dict[str, Any]) -> str:
    who = ", ".join(name for need in operation["security"] for name in need) or "no credential"
    rows = "".join(
        f"<tr><td><code>{escape(p['name'])}</code></td><td>{p['in']}{', required' if p['required'] else ''}</td>"
        f"<td>{escape(p['schema'].get('description', ''))}</td></tr>"
        for p in operation["parameters"]
    )
    body = operation.get("requestBody", {}).get("content", {})
    responses = "".join(
        f"<tr><td>{escape(status)}</td><td>{_link(answer.get('content', {}))}</td></tr>"
        for status, answer in operation["responses"].items()
    )
    return (
        f'<details><summary><span class="method">{method.upper()}</span><code>{escape(path)}</code> '
        f'{escape(operation["summary"])} <span class="soft">({escape(who)})</span></summary>'
        f"<p>{escape(operation.get('description', ''))}</p>"
        + (f"<table><caption>Parameters</caption>{rows}</table>" if rows else "")
        + (f"<p>Body: {_link(body)}</p>" if body else "")
        + f"<table><caption>Responses</caption>{responses}</table></details>"
    )


def _link(content: dict[str, Any]) -> str:
    names = [media.get("schema", {}).get("$ref", "").rsplit("/", 1)[-1] for media in content.values()]
    return ", ".join(f'<a href="#{escape(name)}"><code>{escape(name)}</code></a>' for name in names if name)


def _json(value: Any) -> str:
    return f"<pre>{escape(json.dumps(value, indent=2))}</pre>"
