"""The page of an unsubscribe link. It names no member: everybody who has the e-mail can open it."""

from __future__ import annotations

from html import escape
from pathlib import Path

from chalicelib.kit.web import Document, Page, compose_document

_SETTINGS = "You can change this under notices in the app."


def question_page(subject: str, url: str) -> Document:
    """Return the page that asks whether to stop the e-mails about `subject`; its button sends POST to `url`."""
    button = '<button class="primary" type="submit">Unsubscribe</button>'
    form = f'<form method="post" action="{escape(url)}">{button}</form>'
    return _page("Stop these e-mails?", f"After that, you get no more e-mails about {subject}.", form, 200)


def result_page(subject: str) -> Document:
    """Return the page that says that the e-mails about `subject` are stopped."""
    return _page("Unsubscribed", f"You get no more e-mails about {subject}. {_SETTINGS}", "", 200)


def invalid_page() -> Document:
    """Return the page of a link that is not one of ours."""
    text = "This link is not complete. Open it from the e-mail again, or sign in and change your notices in the app."
    return _page("This link is not valid", text, "", 404)


def _page(title: str, text: str, form: str, status: int) -> Document:
    return compose_document(
        Page(
            folder=Path(__file__).parent,
            title=title,
            markup="page.html",
            fields={"title": escape(title), "text": escape(text), "form": form},
            policy={"form-action": "'self'"},
            status=status,
        )
    )
