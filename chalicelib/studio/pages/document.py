"""A page as one document, with a Content-Security-Policy that allows only its own parts."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Template
from typing import Any


@dataclass(frozen=True, slots=True)
class Document:
    """A page with its response headers and status."""

    html: str
    headers: dict[str, Any]
    status: int = 200


def compose_document(
    markup: str, style: str, script: str | None, fields: Mapping[str, str], policy: Mapping[str, str], status: int = 200
) -> Document:
    """Return the page made of these files. `fields` replace the markup's placeholders and must be escaped HTML.

    `policy` adds sources to a Content-Security-Policy that allows the style and the script by their hash and nothing
    else: no other script, no inline attributes, no form targets, no base URL.
    """
    css, js = _read(style), _read(script) if script else ""
    directives = {
        "default-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "style-src": _hash(css),
        "script-src": _hash(js) if script else "'none'",
    }
    for name, sources in policy.items():
        directives[name] = f"{directives[name]} {sources}" if name in directives else sources
    headers = {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": "; ".join(f"{name} {sources}" for name, sources in directives.items()),
        "Cache-Control": "no-store",
    }
    html = Template(_read(markup)).substitute(fields, style=css, script=js)
    return Document(html, headers, status)


@cache
def _read(name: str) -> str:
    return Path(__file__).with_name(name).read_text()


@cache
def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
