"""Mails about accounts: once for each request, whatever SES answers and wherever a worker crashes."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.integrations.email import EmailDeferred
from chalicelib.kit import ids
from chalicelib.kit.accounts.mail_links import MailPurpose
from chalicelib.together.models import User
from chalicelib.together.service.account_mail import send_account_mail
from infra.local.engine import Engine
from tests.retention.crash import Crash, crash_at
from tests.together.mailing import ses_failing
from tests.together.members import new_member

RESET = MailPurpose.RESET


@pytest.fixture
def ada() -> User:
    return new_member(password_hash="$argon2id$none")


def texts(engine: Engine) -> list[str]:
    return [each["BodyText"] for each in engine.sent_emails()]


def test_a_repeated_message_is_mailed_once(engine: Engine, ada: User) -> None:
    message_id = ids.new()
    for _ in range(3):
        send_account_mail(ada.id, RESET, message_id)
    send_account_mail(ada.id, RESET, ids.new())
    assert len(texts(engine)) == 2


def test_a_mail_that_ses_defers_is_sent_by_the_retry(engine: Engine, ada: User) -> None:
    message_id = ids.new()
    with ses_failing("Throttling"), pytest.raises(EmailDeferred):
        send_account_mail(ada.id, RESET, message_id)
    assert texts(engine) == []
    send_account_mail(ada.id, RESET, message_id)
    assert len(texts(engine)) == 1


def test_a_refused_mail_is_not_tried_again(engine: Engine, ada: User) -> None:
    message_id = ids.new()
    with ses_failing("MessageRejected") as requests:
        send_account_mail(ada.id, RESET, message_id)
        send_account_mail(ada.id, RESET, message_id)
    assert len(requests) == 1


def test_only_a_crash_after_the_mail_was_taken_could_repeat_it(engine: Engine, ada: User, moved_clock: Any) -> None:
    for nth in range(1, 5):  # claim, read, send, hold
        message_id, before = ids.new(), len(texts(engine))
        with pytest.raises(Crash), crash_at(nth, "before-call", "*"):
            send_account_mail(ada.id, RESET, message_id)
            raise Crash  # fewer calls than nth
        send_account_mail(ada.id, RESET, message_id)
        moved_clock.move(minutes=3)  # the queue delivers the message again after six minutes
        send_account_mail(ada.id, RESET, message_id)
        assert 1 <= len(texts(engine)) - before <= 2


@pytest.mark.parametrize("purpose", [each for each in MailPurpose if each is not MailPurpose.INVITE])
def test_nobody_is_mailed_about_an_account_that_is_gone(engine: Engine, purpose: MailPurpose) -> None:
    send_account_mail(ids.new(), purpose, ids.new())
    assert texts(engine) == []


@pytest.mark.parametrize("purpose", [MailPurpose.VERIFY, MailPurpose.CONFIRM_EMAIL, MailPurpose.UNDO_EMAIL])
def test_a_mail_whose_reason_has_passed_is_not_sent(engine: Engine, ada: User, purpose: MailPurpose) -> None:
    send_account_mail(ada.id, purpose, ids.new())
    assert texts(engine) == []


def test_a_mail_leads_to_the_page_and_shows_the_name_as_text(engine: Engine) -> None:
    member = new_member("Zoë <b>", password_hash="$argon2id$none")
    send_account_mail(member.id, RESET, ids.new())
    [mail] = engine.sent_emails()
    assert "/together/app#reset=" in mail["BodyText"]
    assert "Hello Zoë <b>" in mail["BodyText"]
    assert "<b>" not in mail["BodyHtml"]
