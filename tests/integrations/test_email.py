"""E-mails by SES, against the embedded AWS, which keeps what was sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_string
from email.policy import default
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from chalicelib.integrations import email
from chalicelib.integrations.email import Email, EmailDeferred, EmailRefused
from chalicelib.kit import aws, config
from infra.deploy.packaging import policies
from infra.deploy.packaging.import_scan import Requirements
from infra.local.engine import Engine


@contextmanager
def _hooked(event: str, hook: Callable[..., Any]) -> Iterator[None]:
    """Call the hook at an event of the client that sends."""
    events = aws.client("ses", read_timeout=email.READ_SECONDS, attempts=1).meta.events
    events.register_first(event, hook)
    try:
        yield
    finally:
        events.unregister(event, hook)


def test_an_email_is_sent_with_our_configuration_set(engine: Engine) -> None:
    sent = email.send(
        Email("owner@shop.com", "Your report\r\nBcc: all@shop.com", "Größe: 5\nhttps://admin.shopify.com/")
    )
    [kept] = engine.sent_emails()
    assert kept["MessageId"] == sent
    assert kept["Source"] == "backroom@example.com"
    assert (kept["To"], kept["CC"], kept["BCC"]) == (["owner@shop.com"], [], [])
    assert kept["Subject"] == "Your report Bcc: all@shop.com"
    assert kept["BodyText"].splitlines() == ["Größe: 5", "https://admin.shopify.com/"]
    aws.client("ses").delete_configuration_set(ConfigurationSetName="backroom-test")
    with pytest.raises(ClientError, match="Configuration set backroom-test does not exist"):
        email.send(Email("owner@shop.com", "Report", ""))


def test_an_email_has_both_forms_one_click_unsubscribe_and_tags(engine: Engine) -> None:
    url = "https://backroom.example/together/unsubscribe?token=" + "x" * 300
    requests: list[dict[str, Any]] = []
    with _hooked("provide-client-params.ses.SendRawEmail", lambda params, **_: requests.append(params)):
        email.send(Email("ann@example.com", "Größe", "Text: ö", "<p>HTML: ö</p>", url, {"user_id": "7"}))
    [request], [kept] = requests, engine.sent_emails()
    assert request["Tags"] == [{"Name": "user_id", "Value": "7"}]
    assert (kept["BodyText"].strip(), kept["BodyHtml"].strip()) == ("Text: ö", "<p>HTML: ö</p>")
    raw = request["RawMessage"]["Data"].decode("ascii")
    message = message_from_string(raw, policy=default)
    assert message["List-Unsubscribe"] == f"<{url}>"
    assert f"List-Unsubscribe: <{url}>\r\n" in raw
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["Subject"] == "Größe"
    parts = [(part.get_content_type(), part.get_content().strip()) for part in message.iter_parts()]
    assert parts == [("text/plain", "Text: ö"), ("text/html", "<p>HTML: ö</p>")]


def _failing(code: str, status: int, attempts: list[int]) -> Callable[..., Any]:
    """Return a hook that answers for SES with this error."""

    def answer(**_: Any) -> tuple[Any, Any]:
        attempts.append(1)
        return SimpleNamespace(status_code=status), {"Error": {"Code": code}, "ResponseMetadata": {}}

    return answer


@pytest.mark.parametrize(
    ("code", "status", "error", "count"),
    [
        ("Throttling", 400, EmailDeferred, 3),
        ("AccountSendingPaused", 400, EmailDeferred, 3),
        ("ServiceUnavailable", 503, EmailDeferred, 3),
        ("MessageRejected", 400, EmailRefused, 1),
        ("InternalFailure", 500, ClientError, 1),
    ],
)
def test_only_what_ses_has_certainly_not_taken_is_sent_again(
    monkeypatch: pytest.MonkeyPatch, code: str, status: int, error: type[Exception], count: int
) -> None:
    monkeypatch.setattr("chalicelib.kit.retries.time.sleep", lambda _: None)
    attempts: list[int] = []
    with _hooked("before-call.ses.SendRawEmail", _failing(code, status, attempts)):
        with pytest.raises(error, match=code):
            email.send(Email("ann@example.com", "Report", ""))
    assert len(attempts) == count


def test_without_a_sender_nothing_is_sent(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MAIL_FROM")
    config.forget_settings()
    assert email.send(Email("owner@shop.com", "Report", "")) is None
    assert engine.sent_emails() == []
    monkeypatch.undo()
    config.forget_settings()


@pytest.mark.parametrize(
    "recipient",
    ["", "owner", "owner@shop", "a@shop.com, b@shop.com", "a b@shop.com", "größe@shop.com", "a@größe.com", "a@b@shop.com",
     "<a@shop.com>", "a@shop.com\nBcc: b@shop.com", '"a b"@shop.com', "a" * 65 + "@shop.com"],
)  # fmt: skip
def test_what_is_no_single_address_is_refused(engine: Engine, recipient: str) -> None:
    with pytest.raises(EmailRefused, match="InvalidAddress"):
        email.send(Email(recipient, "Report", ""))
    assert engine.sent_emails() == []


def test_a_sender_that_ses_does_not_know_is_refused(engine: Engine) -> None:
    aws.client("ses").delete_identity(Identity="backroom@example.com")
    with pytest.raises(EmailRefused, match="MessageRejected"):
        email.send(Email("owner@shop.com", "Report", ""))


def test_a_function_may_send_by_our_identity_and_configuration_set_only(monkeypatch: pytest.MonkeyPatch) -> None:
    needs = Requirements(frozenset(), frozenset(), frozenset({"ses"}), {}, (), (), {})
    [statement] = list(policies._ses(needs))
    names = [resource["Fn::Sub"].rpartition(":")[2] for resource in statement["Resource"]]
    assert statement["Action"] == ["ses:SendRawEmail"]
    assert names == ["identity/backroom@example.com", "identity/example.com", "configuration-set/backroom-test"]
    monkeypatch.delenv("MAIL_FROM")
    config.forget_settings()
    assert list(policies._ses(needs)) == []
    monkeypatch.undo()
    config.forget_settings()
