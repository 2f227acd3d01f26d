"""The page at `/` of a stack on this machine: what runs, and links for each person. Contexts register their links.

The page offers tokens of the local stack. It does so for a browser on this machine only: a tunnel to the local stack,
as tests with the real Shopify use, forwards strangers' requests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from html import escape
from pathlib import Path
from urllib.parse import urlsplit

from chalicelib.kit import config
from chalicelib.kit.auth import Role, mint
from chalicelib.kit.web import Document, Page, compose_document

STAGES = ("local", "test")
TOKEN_LIFETIME = timedelta(hours=8)
FORWARDED = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip")
"""Headers that a proxy adds to a request."""


class Person(StrEnum):
    """The people of the page, in its order."""

    MEMBER = "Member"
    SHOPPER = "Shopper"
    MERCHANT = "Merchant"
    STORE_OWNER = "Store owner"
    OPERATOR = "Operator"
    DEVELOPER = "Developer"


@dataclass(frozen=True, slots=True)
class Link:
    """A link. With `role`, it signs the browser in with a token of this role."""

    person: Person
    title: str
    url: str
    text: str
    role: Role | None = None


Links = Callable[[], Iterable[Link]]
_sources: dict[str, Links] = {}


def register_links(context: str, links: Links) -> None:
    """Register the function that returns a context's links when the page is requested."""
    _sources[context] = links


def front_door_page(headers: Mapping[str, str]) -> Document:
    """Return the page for a request with these headers (names in lower case)."""
    links = [link for context in sorted(_sources) for link in _sources[context]()]
    with_tokens = is_on_this_machine(headers)
    sections = "".join(_section(person, links, with_tokens) for person in Person)
    parts = "".join(f"<dt>{escape(name)}</dt><dd><code>{escape(value)}</code></dd>" for name, value in _running())
    return compose_document(
        Page(
            folder=Path(__file__).parent,
            title="Backroom",
            markup="front_door.html",
            style="front_door.css",
            scripts=("front_door.js",),
            fields={"stage": escape(config.settings().stage), "sections": sections, "parts": parts},
        )
    )


def is_on_this_machine(headers: Mapping[str, str]) -> bool:
    """Return whether a request names this machine as its host and came through no proxy."""
    host = urlsplit(f"//{headers.get('host', '')}").hostname
    return host in config.LOOPBACK and not any(name in headers for name in FORWARDED)


def _section(person: Person, links: list[Link], with_tokens: bool) -> str:
    items = "".join(_item(link, with_tokens) for link in links if link.person is person)
    if not items:
        return ""
    return f'<section class="card stack tight"><h2>{person}</h2><ul class="stack">{items}</ul></section>'


def _item(link: Link, with_tokens: bool) -> str:
    token = f' data-token="{mint(link.role, "local", TOKEN_LIFETIME)}"' if link.role and with_tokens else ""
    return (
        f'<li><a class="button" href="{escape(link.url)}"{token} dir="auto">{escape(link.title)}</a>'
        f'<p class="soft">{escape(link.text)}</p></li>'
    )


def _running() -> Iterable[tuple[str, str]]:
    """Yield the parts of the stack with their addresses."""
    settings = config.settings()
    yield "API", settings.public_url
    yield "AWS", settings.endpoint_url or "an account"
    for vendor in ("shopify", "stripe"):
        yield f"{vendor.capitalize()} sandbox", settings.vendor_base_urls.get(vendor, "none: your test credentials")
    yield "Image model", settings.image_model
