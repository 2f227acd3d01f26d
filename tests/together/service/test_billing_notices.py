"""Members are told about payments and trials, the recipient of a gift by one mail."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.billing.enums import OwnerType
from chalicelib.billing.schemas.dunning import ReminderDue
from chalicelib.billing.schemas.messages import GiftPaid, TrialEnding
from chalicelib.integrations.email import EmailDeferred
from chalicelib.kit import ids, messages
from chalicelib.kit.errors import Unavailable
from chalicelib.together.enums import NotificationKind
from chalicelib.together.models import Notification
from chalicelib.together.service.billing_notices import notify
from infra.local.engine import Engine
from tests.retention.crash import Crash
from tests.together.mailing import Clock, ses, ses_failing, subjects
from tests.together.members import new_member

Drain = Callable[[], list[Any]]
CODE = "ABCD2345EFGH6789"


def gift(clock: Clock, email: str = "ben@example.com", **fields: Any) -> GiftPaid:
    return GiftPaid(
        code=CODE,
        buyer_id=ids.new(),
        recipient_email=email,
        plan_name="premium_plus",
        message="Words that only Ada wrote",
        expires_at=clock.now + timedelta(days=365),
        **fields,
    )


def reminder(user_id: str, clock: Clock, day: int = 2, **fields: Any) -> ReminderDue:
    return ReminderDue(
        owner_type=fields.pop("owner_type", OwnerType.MEMBER),
        owner_id=user_id,
        subscription_id="sub",
        plan_name="try_it_out",
        notice_day=day,
        past_due_since=clock.now - timedelta(days=day),
        access_until=clock.now + timedelta(days=5),
    )


def test_a_failed_payment_is_one_notice_for_each_reminder(moving_clock: Clock) -> None:
    user = new_member()
    first = reminder(user.id, moving_clock)
    notify(first)
    moving_clock.advance(hours=5)
    notify(first)
    [row] = Notification.query(user.id)
    assert (row.kind, row.title) == (NotificationKind.BILLING, "Your payment failed")
    assert row.body == "Please check your payment method. Your plan stays open until 17 March 2031."
    notify(reminder(user.id, moving_clock, day=7))
    assert len(list(Notification.query(user.id))) == 2


def test_a_trial_that_ends_is_one_notice(moving_clock: Clock) -> None:
    user = new_member()
    ends_at = moving_clock.now + timedelta(days=3)
    for _ in range(2):
        notify(
            TrialEnding(
                owner_type=OwnerType.MEMBER,
                owner_id=user.id,
                subscription_id="sub",
                plan_name="try_it_out",
                trial_ends_at=ends_at,
            )
        )
    [row] = Notification.query(user.id)
    assert "15 March 2031" in row.body


def test_stores_get_no_notice(moving_clock: Clock) -> None:
    user = new_member()
    notify(reminder(user.id, moving_clock, owner_type=OwnerType.STORE))
    assert list(Notification.query(user.id)) == []


def test_a_gift_is_mailed_once_to_somebody_without_an_account(moving_clock: Clock, engine: Engine) -> None:
    for _ in range(2):
        notify(gift(moving_clock))
    [mail] = engine.sent_emails()
    assert f"/together/app#gift={CODE}" in mail["BodyText"]
    assert "Premium Plus" in mail["BodyText"]
    assert "only Ada" not in str(mail)
    assert "ses:no-track" in mail["BodyHtml"]


def test_an_expired_gift_is_not_mailed(moving_clock: Clock, engine: Engine) -> None:
    paid = gift(moving_clock)
    moving_clock.advance(days=366)
    notify(paid)
    assert engine.sent_emails() == []


def test_a_member_who_gets_no_mails_has_a_notice_of_the_gift(moving_clock: Clock, engine: Engine) -> None:
    user = new_member(email="ben@example.com", email_off_at=moving_clock.now)
    for _ in range(2):
        notify(gift(moving_clock, "Ben@Example.com"))
    [row] = Notification.query(user.id)
    assert row.action_url == f"/together/app#gift={CODE}"
    assert engine.sent_emails() == []


def test_a_mail_that_ses_defers_is_sent_later(moving_clock: Clock, engine: Engine) -> None:
    with ses_failing("Throttling"), pytest.raises(EmailDeferred):
        notify(gift(moving_clock))
    with pytest.raises(Unavailable):
        notify(gift(moving_clock))
    moving_clock.advance(minutes=6)
    notify(gift(moving_clock))
    assert subjects(engine) == ["You received a gift"]


def test_a_mail_that_ses_refuses_is_not_repeated(moving_clock: Clock, engine: Engine) -> None:
    with ses_failing("MessageRejected") as requests:
        notify(gift(moving_clock))
        notify(gift(moving_clock))
    assert len(requests) == 1
    assert engine.sent_emails() == []


def test_a_worker_that_is_killed_before_ses_sends_later(moving_clock: Clock, engine: Engine) -> None:
    def die(**_: Any) -> None:
        raise Crash

    with ses("before-call", die), pytest.raises(Crash):
        notify(gift(moving_clock))
    moving_clock.advance(minutes=6)
    notify(gift(moving_clock))
    assert subjects(engine) == ["You received a gift"]


def test_the_queue_takes_the_three_messages(drain: Drain, engine: Engine, moving_clock: Clock) -> None:
    user = new_member()
    messages.publish(gift(moving_clock))
    messages.publish(reminder(user.id, moving_clock))
    assert drain() == []
    assert subjects(engine) == ["You received a gift"]
    assert len(list(Notification.query(user.id))) == 1
