"""E-mails as plain text and as HTML, from the same content.

The HTML has no image and no external URL, and fits 320 px. Its styles are inline, because mail programs drop others.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from string import Template

_WIDTH = 76
"""Characters of a line of text, as e-mail has them (RFC 3676)."""


@dataclass(frozen=True, slots=True)
class Letter:
    """The content of an e-mail, as plain text without markup. A line break in a paragraph stays."""

    title: str
    paragraphs: tuple[str, ...]
    reason: str
    """Why the recipient gets it: the last line."""
    link: tuple[str, str] | None = None
    """The label and the URL of its button."""
    unsubscribe_url: str | None = None
    is_tracked: bool = False
    """Whether SES may count clicks of the button. It replaces the URL for that, so never with a token in it."""


def letter_text(letter: Letter) -> str:
    """Return the e-mail as plain text. Each URL has its own line."""
    parts = [_wrapped(text) for text in (letter.title, *letter.paragraphs)]
    if letter.link is not None:
        parts.append(f"{letter.link[0]}:\n{letter.link[1]}")
    parts.append(f"-- \n{_wrapped(letter.reason)}")
    if letter.unsubscribe_url is not None:
        parts.append(f"Unsubscribe:\n{letter.unsubscribe_url}")
    return "\n\n".join(parts) + "\n"


def letter_html(letter: Letter) -> str:
    """Return the e-mail as an HTML document."""
    track = "" if letter.is_tracked else " ses:no-track"
    fields = {
        "title": escape(letter.title),
        "preview": escape(letter.paragraphs[0] if letter.paragraphs else letter.title),
        "paragraphs": "\n".join(_paragraph(text) for text in letter.paragraphs),
        "button": "",
        "reason": escape(letter.reason),
        "unsubscribe": "",
    }
    if letter.link is not None:
        label, url = letter.link
        fields["button"] = _template("mail_button.html").substitute(label=escape(label), url=escape(url), track=track)
    if letter.unsubscribe_url is not None:
        url = escape(letter.unsubscribe_url)
        fields["unsubscribe"] = f' <a href="{url}" ses:no-track style="color:#5a6067">Unsubscribe</a>'
    return _template("mail.html").substitute(fields)


def _paragraph(text: str) -> str:
    lines = "<br>".join(escape(line) for line in text.splitlines())
    return f'<p style="margin:0 0 16px" dir="auto">{lines}</p>'


def _wrapped(text: str) -> str:
    lines = text.splitlines()
    return "\n".join(
        textwrap.fill(line, _WIDTH, break_long_words=False, break_on_hyphens=False) if line else "" for line in lines
    )


@cache
def _template(name: str) -> Template:
    return Template((Path(__file__).parent / name).read_text().rstrip("\n"))
