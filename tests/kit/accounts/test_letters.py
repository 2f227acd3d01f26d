"""Texts of mails about accounts."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.kit.accounts.letters import TEXTS, compose_letter
from chalicelib.kit.accounts.mail_links import MailPurpose
from chalicelib.kit.mail import letter_html, letter_text
from chalicelib.platform.service.realm import REALM as PLATFORM
from chalicelib.together.service.realm import REALM as TOGETHER


@pytest.mark.parametrize("realm", [TOGETHER, PLATFORM], ids=["together", "platform"])
@pytest.mark.parametrize("purpose", MailPurpose)
def test_each_mail_of_a_realm_names_its_app_and_no_other(realm: Any, purpose: MailPurpose) -> None:
    text = letter_text(compose_letter(realm.texts[purpose], realm.app, "Ada", "https://example.com/#x"))
    assert [name for name in ("Together", "Backroom") if name in text] == [realm.app]
    assert "{" not in text


def test_a_name_with_markup_or_braces_stays_text() -> None:
    letter = compose_letter(TEXTS[MailPurpose.RESET], "Backroom", "<b>{app}</b>", "https://example.com")
    assert "Hello <b>{app}</b>," in letter_text(letter)
    assert "<b>" not in letter_html(letter)
