"""Tests of requested account mails while SES takes none."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from chalicelib.kit import clock, messages
from chalicelib.together.schemas.messages import AccountMailRequested
from chalicelib.together.service import account_mail_delivery
from infra.local.engine import Engine
from tests.discounts.faults import without_waits
from tests.timeouts import eventually
from tests.together.accounts import Person
from tests.together.mailing import ses_failing, subjects

Drain = Callable[[], list[dict[str, Any]]]


@pytest.mark.usefixtures("api_url")
def test_a_throttled_account_mail_is_sent_later(
    api: httpx2.Client, engine: Engine, drain: Drain, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(account_mail_delivery, "RETRY", timedelta(seconds=1))
    assert Person(api).sign_up().status_code == 202
    with without_waits(), ses_failing("Throttling") as requests:
        assert drain() == []
    assert len(requests) == 3
    assert subjects(engine) == []

    def sent() -> bool:
        assert drain() == []
        return bool(subjects(engine))

    assert eventually(sent, "the mail is sent")
    assert len(subjects(engine)) == 1


def test_an_account_mail_waits_for_at_most_a_day(api: httpx2.Client, engine: Engine, drain: Drain) -> None:
    person = Person(api)
    assert person.sign_up().status_code == 202
    assert drain() == []
    sent = len(subjects(engine))
    old = clock.now() - account_mail_delivery.KEPT
    request = AccountMailRequested(user_id=person.row.id, purpose="verify", occurred_at=old)
    with without_waits(), ses_failing("Throttling"):
        account_mail_delivery.send_requested_mail(request)
    assert engine.waiting() == set()
    messages.publish(request)
    assert drain() == []
    assert len(subjects(engine)) == sent + 1
