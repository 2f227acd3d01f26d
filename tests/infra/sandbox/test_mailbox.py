"""Tests of the mailbox of the local stack."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import httpx2
import pytest

from chalicelib.integrations import email
from chalicelib.integrations.email import Email
from infra.local.engine import Engine
from infra.sandbox.mailbox import Mailbox

LINK = "https://backroom.example/together/app#verify=a.b&c"


@pytest.fixture
def mailbox(engine: Engine) -> Iterator[httpx2.Client]:
    """A client of the mailbox."""
    with Mailbox(engine.endpoint_url) as server, httpx2.Client(base_url=server.url) as client:
        yield client


def test_messages_are_listed_newest_first(mailbox: httpx2.Client) -> None:
    assert mailbox.get("/messages").json() == {"messages": []}
    email.send(
        Email("ann@example.com", "First", f"Open it:\n{LINK}", f'<a href="{LINK.replace("&", "&amp;")}">Öffnen</a>')
    )
    email.send(Email("ben@example.com", "Second", "Größe"))
    second, first = mailbox.get("/messages").json()["messages"]
    assert (first["to"], first["subject"], first["links"]) == ("ann@example.com", "First", [LINK])
    assert first["text"] == f"Open it:\n{LINK}\n"
    assert "Öffnen" in first["html"]
    assert (second["text"], second["html"], second["links"]) == ("Größe\n", None, [])
    assert datetime.fromisoformat(first["sent_at"]) <= datetime.fromisoformat(second["sent_at"])


def test_messages_are_filtered_by_their_recipient(mailbox: httpx2.Client) -> None:
    for name in ("ann", "ben", "ann"):
        email.send(Email(f"{name}@example.com", f"For {name}", "Text"))
    found = mailbox.get("/messages", params={"to": "Ann@example.com"}).json()["messages"]
    assert [each["subject"] for each in found] == ["For ann"] * 2
    assert mailbox.get("/messages", params={"to": "nn@example.com"}).json() == {"messages": []}


def test_the_page_shows_a_message_without_running_it(mailbox: httpx2.Client) -> None:
    email.send(Email("ann@example.com", "<b>First</b>", "<i>Text</i>", "<script>alert(1)</script>"))
    page = mailbox.get("/", params={"to": "ann@example.com"}).text
    assert "&lt;b&gt;First" in page
    shown = mailbox.get("/messages/1")
    assert "<iframe sandbox " in shown.text
    assert "<script>" not in shown.text
    assert "<i>" not in shown.text
    assert mailbox.get("/messages/2").status_code == 404
    assert mailbox.get("/", params={"to": "nobody"}).text.count("<li>") == 0
