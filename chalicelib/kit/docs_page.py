"""The OpenAPI document as one HTML page: a search, an example of each operation, and a form that sends it."""

from __future__ import annotations

import json
from html import escape
from pathlib import Path
from typing import Any

from chalicelib.kit.openapi_examples import example_of
from chalicelib.kit.web import Document, Page, compose_document


def render(document: dict[str, Any]) -> Document:
    """Return an HTML page that lists every operation with its parameters, body, responses, credential and example.

    Without JavaScript it has neither the search nor the forms.
    """
    by_tag: dict[str, list[str]] = {}
    forms: dict[str, dict[str, Any]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            by_tag.setdefault(operation["tags"][0], []).append(_operation(path, method, operation))
            forms[operation["operationId"]] = _form(path, method, operation)
    sections = "".join(
        f'<section class="stack tight"><h2>{escape(tag)}</h2>{"".join(entries)}</section>'
        for tag, entries in sorted(by_tag.items())
    )
    schemas = "".join(
        f'<details id="{escape(name)}"><summary><code>{escape(name)}</code></summary>{_json(schema)}</details>'
        for name, schema in document["components"]["schemas"].items()
    )
    title = f"{document['info']['title']} {document['info']['version']}"
    return compose_document(
        Page(
            folder=Path(__file__).parent,
            title=title,
            markup="docs_page.html",
            style="docs_page.css",
            scripts=("kit/client.js", "kit/elements.js", "docs_page.js"),
            fields={"heading": escape(title), "sections": sections, "schemas": schemas},
            data=forms,
            policy={"connect-src": "'self'"},
        )
    )


def _form(path: str, method: str, operation: dict[str, Any]) -> dict[str, Any]:
    """Return what the page's script needs to build and send a request."""
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    parameters = [
        {"name": each["name"], "in": each["in"], "required": each["required"], "hint": _hint(each["schema"])}
        for each in operation["parameters"]
    ]
    form = {"method": method.upper(), "path": path, "parameters": parameters, "credential": _credentials(operation)}
    return form | ({"body": body["example"]} if "example" in body else {})


def _hint(schema: dict[str, Any]) -> str:
    return str(schema.get("description", ""))


def _credentials(operation: dict[str, Any]) -> str:
    return ", ".join(name for need in operation["security"] for name in need)


def _operation(path: str, method: str, operation: dict[str, Any]) -> str:
    who = _credentials(operation) or "no credential"
    rows = "".join(
        f"<tr><td><code>{escape(p['name'])}</code></td><td>{p['in']}{', required' if p['required'] else ''}</td>"
        f"<td>{escape(_hint(p['schema']))}</td></tr>"
        for p in operation["parameters"]
    )
    body = operation.get("requestBody", {}).get("content", {})
    responses = "".join(
        f"<tr><td>{escape(status)}</td><td>{_link(answer.get('content', {}))}</td><td>{_codes(answer)}</td></tr>"
        for status, answer in operation["responses"].items()
    )
    return (
        f'<details class="operation" id="{escape(operation["operationId"])}"><summary>'
        f'<span class="method">{method.upper()}</span><code>{escape(path)}</code> '
        f'<span class="about">{escape(operation["summary"])} <span class="soft">({escape(who)})</span></span></summary>'
        '<div class="stack">'
        + (f"<p>{escape(operation['description'])}</p>" if "description" in operation else "")
        + (f'<div class="frame"><table><caption>Parameters</caption>{rows}</table></div>' if rows else "")
        + (f"<p>Body: {_link(body)}</p>" if body else "")
        + f'<div class="frame"><table><caption>Responses</caption>{responses}</table></div>{_example(path, method, operation)}'
        "</div></details>"
    )


def _example(path: str, method: str, operation: dict[str, Any]) -> str:
    """Return an example of the operation: the request, and the response that it gets if it succeeds."""
    required = [each for each in operation["parameters"] if each["required"] or each["in"] == "path"]
    url = path
    for each in required:
        url = url.replace(f"{{{each['name']}}}", _sample(each))
    query = "&".join(f"{each['name']}={_sample(each)}" for each in required if each["in"] == "query")
    lines = [f"{method.upper()} {url}{'?' if query else ''}{query}"]
    if "accessToken" in _credentials(operation) or "SessionToken" in _credentials(operation):
        lines.append("Authorization: Bearer <token>")
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    if "example" in body:
        lines += ["Content-Type: application/json", "", json.dumps(body["example"], indent=2, ensure_ascii=False)]
    status, answer = next(iter(operation["responses"].items()))
    lines += ["", f"HTTP {status}"]
    for media in answer.get("content", {}).values():
        if isinstance(media.get("example"), dict):
            lines += ["", json.dumps(media["example"], indent=2, ensure_ascii=False)]
    return f'<h3>Example</h3><pre tabindex="0">{escape(chr(10).join(lines))}</pre>'


def _sample(parameter: dict[str, Any]) -> str:
    return str(example_of(parameter["schema"], {}, parameter["name"]))


def _link(content: dict[str, Any]) -> str:
    names = [media.get("schema", {}).get("$ref", "").rsplit("/", 1)[-1] for media in content.values()]
    return ", ".join(f'<a href="#{escape(name)}"><code>{escape(name)}</code></a>' for name in names if name)


def _codes(answer: dict[str, Any]) -> str:
    codes = (escape(code) for code in answer.get("x-error-codes", ()))
    return ", ".join(f'<a href="docs/errors/{code}"><code>{code}</code></a>' for code in codes)


def _json(value: Any) -> str:
    return f'<pre tabindex="0">{escape(json.dumps(value, indent=2))}</pre>'
