"""The OpenAPI document as one HTML page without scripts or external resources."""

from __future__ import annotations

import json
from html import escape
from typing import Any

_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1c1e21;background:#fff}
h2{margin-top:2.5rem;border-bottom:1px solid #d0d4da;text-transform:capitalize}
details{border:1px solid #d0d4da;border-radius:6px;margin:.5rem 0;padding:.4rem .8rem}
summary{cursor:pointer}code,pre{font:14px/1.4 ui-monospace,monospace}pre{overflow:auto;background:#f4f5f7;padding:.8rem}
.method{display:inline-block;min-width:4.5rem;font-weight:700}.who{color:#5a6270}table{border-collapse:collapse}
td,th{text-align:left;padding:.2rem 1rem .2rem 0;vertical-align:top}
"""


def render(document: dict[str, Any]) -> str:
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
    title = escape(f"{document['info']['title']} {document['info']['version']}")
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head><body><h1>{title}</h1>'
        f'<p>The same document as JSON: <a href="openapi.json">openapi.json</a>.</p>'
        f"{sections}<h2>Schemas</h2>{schemas}</body></html>"
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
        f'{escape(operation["summary"])} <span class="who">({escape(who)})</span></summary>'
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
