"""Tests of the unsubscribe link in e-mails."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import httpx2
import pytest

from chalicelib.kit import signing
from chalicelib.together.domain import preferences
from chalicelib.together.domain.mail_delivery import REASONS
from chalicelib.together.models import User
from chalicelib.together.service.mail_subscriptions import unsubscribe_url
from infra.local.engine import Engine
from tests.together.mailing import NOON, Clock, new_notice
from tests.together.members import new_member

FORM = {"content-type": "application/x-www-form-urlencoded"}


def _path(user_id: str, kind: str) -> str:
    parts = urlsplit(unsubscribe_url(user_id, kind))
    return f"{parts.path}?{parts.query}"


def _is_mailed(user: User, kind: str) -> bool:
    return preferences.is_mailed(User.get(user.id).preferences, kind)


def test_every_kind_of_mail_has_a_subject_for_its_page() -> None:
    assert set(REASONS) == set(preferences.MAIL_KINDS)


def test_opening_the_link_shows_a_button_and_changes_nothing(api: httpx2.Client) -> None:
    user = new_member(email="ann@example.com")
    path = _path(user.id, "reminder")
    page = api.get(path)
    assert page.status_code == 200
    assert 'method="post"' in page.text
    assert "reminders of your dates" in page.text
    assert "form-action 'self'" in page.headers["content-security-policy"]
    assert "ann@example.com" not in page.text
    assert _is_mailed(user, "reminder")


@pytest.mark.parametrize(
    "headers", [FORM, {"content-type": "multipart/form-data; boundary=x"}, {"content-type": "text/plain"}, {}]
)
def test_a_post_stops_this_kind_of_mail_and_no_other(api: httpx2.Client, headers: dict[str, str]) -> None:
    user = new_member(preferences={"hour": 7})
    path = _path(user.id, "reminder")
    for _ in range(2):
        page = api.post(path, content="List-Unsubscribe=One-Click", headers=headers)
        assert page.status_code == 200
        assert "Unsubscribed" in page.text
    assert not _is_mailed(user, "reminder")
    assert _is_mailed(user, "partner_activity")
    assert User.get(user.id).preferences["hour"] == 7


def test_several_kinds_are_stopped_at_once(api: httpx2.Client) -> None:
    user = new_member()
    kinds = ("reminder", "digest", "billing", "system")
    with ThreadPoolExecutor(4) as pool:
        pages = list(pool.map(lambda kind: api.post(_path(user.id, kind), headers=FORM), kinds))
    assert [page.status_code for page in pages] == [200] * 4
    assert not any(_is_mailed(user, kind) for kind in kinds)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_forged_link_changes_nothing(api: httpx2.Client, method: str) -> None:
    user = new_member()
    token = _path(user.id, "reminder").partition("=")[2]
    other = signing.sign("cursor", f"{user.id} reminder".encode())
    unknown = signing.sign("together-unsubscribe", f"{user.id} nothing".encode())
    for forged in (token[:-4] + "AAAA", "x", other, unknown, "\x00", "%F0%9F%98%80"):
        page = api.request(
            method, "/together/unsubscribe", params={"token": forged}, headers=FORM if method == "POST" else {}
        )
        assert page.status_code == 404
        assert page.headers["content-type"].startswith("text/html")
    assert _is_mailed(user, "reminder")


def test_the_link_of_an_erased_member_works_and_writes_nothing(api: httpx2.Client) -> None:
    user = new_member()
    user.delete()
    assert api.post(_path(user.id, "reminder"), headers=FORM).status_code == 200
    assert list(User.query(user.id)) == []


def test_the_link_in_a_mail_works(api: httpx2.Client, engine: Engine, moving_clock: Clock, drain: object) -> None:
    from chalicelib.together.schemas.messages import NotificationDue
    from chalicelib.together.service.notice_delivery import send_notice

    user = new_member()
    row = new_notice(user, NOON)
    send_notice(NotificationDue(user_id=user.id, notification_id=row.id))
    [mail] = engine.sent_emails()
    [link] = [line for line in mail["BodyText"].splitlines() if "unsubscribe?" in line]
    assert link in mail["BodyHtml"]
    parts = urlsplit(link)
    assert api.post(f"{parts.path}?{parts.query}", headers=FORM).status_code == 200
    assert not _is_mailed(user, "reminder")
