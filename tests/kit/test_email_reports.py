"""SES's notifications; the examples follow AWS, "Examples of event data that Amazon SES publishes to Amazon SNS"."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.kit.email_reports import EmailReported

MAIL = {
    "timestamp": "2017-08-05T00:40:02.012Z",
    "source": "Sender Name <sender@example.com>",
    "messageId": "EXAMPLE7c191be45-e9aedb9a-02f9-4d12-a87d-dd0099a07f8a-000000",
    "destination": ["recipient@example.com", "second@example.com"],
    "tags": {
        "ses:configuration-set": ["backroom-prod"],
        "tenant": ["store-1"],
        "campaign_id": ["spring"],
        "user_id": ["u1"],
    },
}
WHEN = "2017-08-05T00:41:02.669Z"
BOTH = ("recipient@example.com", "second@example.com")
ONE = ("recipient@example.com",)
CONCERNED = [{"emailAddress": "recipient@example.com"}]


def read(kind: str, mail: dict[str, Any] = MAIL, **members: Any) -> EmailReported:
    [message] = EmailReported.read(json.dumps({"eventType": kind, "mail": mail, **members}))
    return message


@pytest.mark.parametrize(
    ("kind", "members", "event", "recipients"),
    [
        ("Delivery", {"delivery": {"timestamp": WHEN, "recipients": [*ONE]}}, "delivery", ONE),
        ("Open", {"open": {"timestamp": WHEN, "ipAddress": "192.0.2.1", "userAgent": "x"}}, "open", BOTH),
        ("Click", {"click": {"timestamp": WHEN, "link": "https://example.com/a"}}, "click", BOTH),
        ("Bounce", {"bounce": {"timestamp": WHEN, "bouncedRecipients": CONCERNED}}, "bounce", ONE),
        ("Complaint", {"complaint": {"timestamp": WHEN, "complainedRecipients": CONCERNED}}, "complaint", ONE),
        ("Subscription", {"subscription": {"timestamp": WHEN, "source": "x"}}, "subscription", BOTH),
        ("DeliveryDelay", {"deliveryDelay": {"timestamp": WHEN}}, "delivery_delay", BOTH),
    ],
)
def test_each_event_is_read(kind: str, members: dict[str, Any], event: str, recipients: tuple[str, ...]) -> None:
    message = read(kind, **members)
    assert (message.event, message.recipients) == (event, recipients)
    assert (message.tenant, message.campaign_id, message.user_id) == ("store-1", "spring", "u1")
    assert message.email_id == MAIL["messageId"]
    assert message.occurred_at == datetime(2017, 8, 5, 0, 41, 2, 669_000, tzinfo=UTC)


def test_an_event_without_a_moment_has_that_of_the_email() -> None:
    assert read("Send", send={}).occurred_at == datetime(2017, 8, 5, 0, 40, 2, 12_000, tzinfo=UTC)
    assert read("Rendering Failure", failure={"templateName": "x"}).event == "rendering_failure"


def test_a_click_has_its_link_and_a_bounce_its_type() -> None:
    assert read("Click", click={"timestamp": WHEN, "link": "https://example.com/a"}).link == "https://example.com/a"
    assert read("Bounce", bounce={"timestamp": WHEN, "bounceType": "Permanent"}).bounce_type == "Permanent"


def test_absent_tags_and_recipients_are_no_error() -> None:
    mail = {"timestamp": WHEN, "messageId": "m1"}
    message = read("Open", mail, open={})
    assert (message.tenant, message.campaign_id, message.user_id, message.recipients) == (None, None, None, ())


def test_the_ip_address_and_the_user_agent_are_not_read() -> None:
    message = read("Open", open={"timestamp": WHEN, "ipAddress": "192.0.2.1", "userAgent": "Mozilla"})
    assert "192.0.2.1" not in message.model_dump_json()
    assert "Mozilla" not in message.model_dump_json()


def test_the_validation_of_the_topic_has_no_event() -> None:
    assert EmailReported.read("Successfully validated SNS topic for Amazon SES event publishing.") == []


@pytest.mark.parametrize("body", ["", "not json", "{}", '{"eventType": "Open"}'])
def test_other_text_is_unreadable(body: str) -> None:
    with pytest.raises((ValueError, KeyError)):
        EmailReported.read(body)
