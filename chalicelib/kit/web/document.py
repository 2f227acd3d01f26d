"""A page as one document, with a Content-Security-Policy that allows only its own parts."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from html import escape
from pathlib import Path
from string import Template
from typing import Any, Literal

KIT = Path(__file__).parent
SECURITY = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "Strict-Transport-Security": "max-age=31536000",
    "X-Content-Type-Options": "nosniff",
}
"""Headers of every page."""


@dataclass(frozen=True, slots=True)
class Document:
    """A page with its response headers and status."""

    html: str
    headers: dict[str, Any]
    status: int = 200


@dataclass(frozen=True, slots=True)
class Page:
    """The parts of a page: files in `folder`, named without it, and what goes into them."""

    folder: Path
    title: str
    """Plain text."""
    markup: str
    """An HTML file: what stands in the body."""
    style: str | None = None
    """A CSS file, after the kit's styles."""
    scripts: tuple[str, ...] = ()
    """JavaScript files, in order. `kit/<name>.js` is a file of the kit."""
    fields: Mapping[str, str] = field(default_factory=dict)
    """Escaped HTML for the placeholders in the markup."""
    data: Any = None
    """JSON for the scripts, which read it with `kit.data()`."""
    head: str = ""
    """Escaped HTML for the head, before the page's own parts."""
    policy: Mapping[str, str] = field(default_factory=dict)
    """Sources to add to directives of the Content-Security-Policy."""
    look: Literal["plain", "admin"] = "plain"
    """`admin` looks like Shopify's admin, for pages inside it."""
    status: int = 200


def compose_document(page: Page) -> Document:
    """Return the page as one document.

    Its Content-Security-Policy allows the style and the script by their hash, the sources in the page's `policy`, and
    nothing else: no other script, no inline attributes, no form targets, no base URL. Only the page's own site may frame
    it, unless the policy has `frame-ancestors`.
    """
    style = _read(KIT / "tokens.css") + _read(KIT / "components.css")
    style += _read(page.folder / page.style) if page.style else ""
    script = '"use strict";\n' + "".join(_read(_script_path(page.folder, name)) for name in page.scripts)
    directives = {
        "default-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "style-src": _hash(style),
        "script-src": _hash(script) if page.scripts else "'none'",
    }
    for name, sources in page.policy.items():
        is_closed = directives.get(name, "'none'") == "'none'"
        directives[name] = sources if is_closed else f"{directives[name]} {sources}"
    directives.setdefault("frame-ancestors", "'self'")
    parts = f'<script type="application/json" id="data">{_json(page.data)}</script>\n' if page.data is not None else ""
    parts += f"<script>{script}</script>\n" if page.scripts else ""
    html = _template(KIT / "frame.html").substitute(
        title=escape(page.title),
        head=page.head,
        look=page.look,
        style=style,
        markup=_template(page.folder / page.markup).substitute(page.fields),
        parts=parts,
    )
    policy = "; ".join(f"{name} {sources}" for name, sources in directives.items())
    headers = {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": policy, **SECURITY}
    return Document(html, headers, page.status)


def _script_path(folder: Path, name: str) -> Path:
    return KIT / name.removeprefix("kit/") if name.startswith("kit/") else folder / name


@cache
def _read(path: Path) -> str:
    return path.read_text()


@cache
def _template(path: Path) -> Template:
    return Template(_read(path).rstrip("\n"))


@cache
def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _json(value: Any) -> str:
    """Return JSON that cannot close its HTML element."""
    return json.dumps(value).replace("<", "\\u003c")
