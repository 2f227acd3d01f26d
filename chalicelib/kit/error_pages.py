"""Pages about error codes: one for each code, to which a problem's `type` refers (RFC 9457), and their list."""

from __future__ import annotations

from html import escape
from http import HTTPStatus
from pathlib import Path

from chalicelib.kit import error_catalogue
from chalicelib.kit.error_catalogue import ErrorCode
from chalicelib.kit.errors import NotFound
from chalicelib.kit.web import Document, Page, compose_document


def code_page(code: str) -> Document:
    """Return the page of a code: what it means, what to do, and the operations that answer with it.

    Raises NotFound if there is no such code.
    """
    meanings = [error for error in error_catalogue.load_codes() if error.code == code]
    if not meanings:
        raise NotFound("There is no such error code.")
    return _page(code, "".join(_meaning(error) for error in meanings), docs="../../docs")


def list_page() -> Document:
    """Return the page that lists every code."""
    rows = "".join(
        f'<tr><td><a href="errors/{escape(error.code)}"><code>{escape(error.code)}</code></a></td>'
        f"<td>{error.status}</td><td>{escape(error.title)}</td></tr>"
        for error in error_catalogue.load_codes()
    )
    head = "<tr><th>Code</th><th>Status</th><th>Title</th></tr>"
    table = f'<div class="frame"><table><thead>{head}</thead><tbody>{rows}</tbody></table></div>'
    return _page("Error codes", table, docs="../docs")


def _meaning(error: ErrorCode) -> str:
    operations = "".join(
        f'<li><a href="../../docs#{escape(each)}"><code>{escape(each)}</code></a></li>' for each in error.operations
    )
    status = f"{error.status} {HTTPStatus(error.status).phrase}"
    return (
        f"<h2>{escape(error.title)}</h2><p>HTTP status: {escape(status)}. Context: {escape(error.context)}.</p>"
        + (f"<p>{escape(error.about)}</p>" if error.about else "")
        + f"<h3>What to do</h3><p>{escape(error.advice)}</p>"
        + (
            f"<details><summary>Operations that can answer with it</summary><ul>{operations}</ul></details>"
            * bool(operations)
        )
    )


def _page(heading: str, body: str, docs: str) -> Document:
    fields = {"heading": escape(heading), "body": body, "docs": docs}
    return compose_document(Page(folder=Path(__file__).parent, title=heading, markup="error_page.html", fields=fields))
