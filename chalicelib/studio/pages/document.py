"""One page as one document, under a policy that lets nothing run or load but what it names."""

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
    """A page as it is sent."""

    html: str
    headers: dict[str, Any]
    status: int = 200


def compose(
    markup: str, style: str, script: str | None, fields: Mapping[str, str], policy: Mapping[str, str], status: int = 200
) -> Document:
    """The page made of these files. `fields` fill the markup's places and are HTML already.

    `policy` adds to a Content-Security-Policy that allows the style and the script by their hash, and nothing else:
    no other script, no attribute that runs or styles, no form that leaves, no base address.
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
