"""The members' page, its service worker, its manifest and its icon.

The page contains no member's data: it reads and writes with the session of the browser. Its URL may hold the token of a mail after
`#`, which no server receives.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from chalicelib.kit.web import Document, Page, compose_document

FOLDER = Path(__file__).parent
SCRIPTS = (
    "session.js",
    "store.js",
    "words.js",
    "forms.js",
    "checkins.js",
    "access.js",
    "pair.js",
    "today.js",
    "trend.js",
    "dates.js",
    "activities.js",
    "goals.js",
    "challenges.js",
    "talks.js",
    "ideas.js",
    "offers.js",
    "notices.js",
    "account.js",
    "mails.js",
    "relationship.js",
    "plan.js",
    "you.js",
    "shell.js",
)
HEAD = (
    '<link rel="manifest" href="manifest.json">\n'
    '<link rel="icon" href="icon.svg" type="image/svg+xml">\n'
    '<meta name="theme-color" content="#0b57d0">\n'
)


@dataclass(frozen=True, slots=True)
class File:
    """A file beside the page, with its media type."""

    name: str
    media_type: str

    @property
    def text(self) -> str:
        return _read(self.name)


FILES = {
    file.name: file
    for file in (
        File("icon.svg", "image/svg+xml"),
        File("manifest.json", "application/manifest+json"),
        File("worker.js", "text/javascript; charset=utf-8"),
    )
}
"""Files by name. The service worker controls `/together/`, the folder it is in."""


def app_page() -> Document:
    """Return the page. No other page may frame it."""
    return compose_document(
        Page(
            folder=FOLDER,
            title="Together",
            markup="app.html",
            style="app.css",
            scripts=(
                "kit/client.js",
                "kit/session.js",
                "kit/elements.js",
                "kit/charts.js",
                "kit/accounts.js",
                *SCRIPTS,
            ),
            head=HEAD,
            policy={
                "connect-src": "'self'",
                "worker-src": "'self'",
                "manifest-src": "'self'",
                "img-src": "'self'",
                "frame-ancestors": "'none'",
            },
        )
    )


@cache
def _read(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")
