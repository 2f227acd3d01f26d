"""E-mails by SES, against the embedded AWS, which keeps what was sent."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from chalicelib.integrations import email
from chalicelib.integrations.email import Email, EmailRefused
from chalicelib.kit import aws, config
from infra.deploy.packaging import policies
from infra.deploy.packaging.import_scan import Requirements
from infra.local.engine import Engine


def test_an_email_is_sent_with_our_configuration_set(engine: Engine) -> None:
    sent = email.send(
        Email("owner@shop.com", "Your report\r\nBcc: all@shop.com", "Größe: 5\nhttps://admin.shopify.com/")
    )
    [kept] = engine.sent_emails()
    assert kept["MessageId"] == sent
    assert kept["Source"] == "backroom@example.com"
    assert (kept["To"], kept["CC"], kept["BCC"]) == (["owner@shop.com"], [], [])
    assert kept["Subject"] == "Your report Bcc: all@shop.com"
    assert kept["BodyText"] == "Größe: 5\nhttps://admin.shopify.com/"
    aws.client("ses").delete_configuration_set(ConfigurationSetName="backroom-test")
    with pytest.raises(ClientError, match="Configuration set backroom-test does not exist"):
        email.send(Email("owner@shop.com", "Report", ""))


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
    needs = Requirements(frozenset(), frozenset({"ses"}), (), (), (), False, False, False, False)
    [statement] = list(policies._ses(needs))
    names = [resource["Fn::Sub"].rpartition(":")[2] for resource in statement["Resource"]]
    assert statement["Action"] == ["ses:SendEmail"]
    assert names == ["identity/backroom@example.com", "identity/example.com", "configuration-set/backroom-test"]
    monkeypatch.delenv("MAIL_FROM")
    config.forget_settings()
    assert list(policies._ses(needs)) == []
    monkeypatch.undo()
    config.forget_settings()
