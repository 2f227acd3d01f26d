"""The configuration set of SES in the data stack: who may publish, and what the embedded AWS has of it."""

from __future__ import annotations

import json

import pytest

from chalicelib.integrations import email
from chalicelib.integrations.email import Email
from chalicelib.kit import aws, messages
from chalicelib.kit.email_reports import EmailReported
from infra.deploy import data_stack
from tests.infra.deploy.packaging.conftest import of_type


def test_only_our_configuration_set_may_publish_the_events() -> None:
    template = data_stack.template()
    [policy] = of_type(template, "AWS::SNS::TopicPolicy").values()
    [statement] = policy["PolicyDocument"]["Statement"]
    assert policy["Topics"] == [{"Ref": "TopicKitEmailReported"}]
    assert statement["Principal"] == {"Service": "ses.amazonaws.com"}
    assert statement["Action"] == "sns:Publish"
    conditions = statement["Condition"]["StringEquals"]
    assert conditions["AWS:SourceAccount"] == {"Ref": "AWS::AccountId"}
    assert conditions["AWS:SourceArn"]["Fn::Sub"].endswith(":configuration-set/backroom-test")


def test_ses_may_use_the_key_for_this_topic_only() -> None:
    """SES cannot publish to a topic that is encrypted with AWS's own key."""
    resources = data_stack.template()["Resources"]
    assert resources["TopicKitEmailReported"]["Properties"]["KmsMasterKeyId"] == {"Ref": "SecretsKey"}
    statements = resources["SecretsKey"]["Properties"]["KeyPolicy"]["Statement"]
    [ours] = [each for each in statements if each["Principal"] == {"Service": "ses.amazonaws.com"}]
    assert set(ours["Action"]) == {"kms:Decrypt", "kms:GenerateDataKey*"}
    [topic] = ours["Condition"]["StringEquals"].values()
    assert topic["Fn::Sub"].endswith(":backroom-test-kit-email_reported")


def test_the_embedded_aws_has_the_configuration_set_and_its_destination() -> None:
    ses = aws.client("sesv2")
    [destination] = ses.get_configuration_set_event_destinations(ConfigurationSetName="backroom-test")[
        "EventDestinations"
    ]
    assert destination["Enabled"]
    assert destination["SnsDestination"]["TopicArn"] == messages.topic_arn("kit-email_reported")
    kinds = {"SEND", "REJECT", "DELIVERY", "OPEN", "CLICK", "BOUNCE", "COMPLAINT", "SUBSCRIPTION"}
    assert set(destination["MatchingEventTypes"]) == kinds
    attributes = aws.client("sns").get_topic_attributes(TopicArn=messages.topic_arn("kit-email_reported"))
    assert "ses.amazonaws.com" in json.dumps(attributes["Attributes"]["Policy"])


def test_ses_sends_nothing_to_an_address_that_bounced_or_complained() -> None:
    options = aws.client("sesv2").get_configuration_set(ConfigurationSetName="backroom-test")["SuppressionOptions"]
    assert set(options["SuppressedReasons"]) == {"BOUNCE", "COMPLAINT"}


@pytest.mark.parametrize(("name", "event"), [("bounce", "bounce"), ("complaint", "complaint"), ("success", None)])
def test_the_embedded_aws_reports_the_mailbox_simulator(name: str, event: str | None) -> None:
    email.send(Email(f"{name}@simulator.amazonses.com", "Subject", "Text"))
    queue = messages.queue_url("analytics-record_email_event")
    found = aws.client("sqs").receive_message(QueueUrl=queue, WaitTimeSeconds=1 if event else 0).get("Messages", [])
    reports = [report for message in found for report in EmailReported.read(message["Body"])]
    assert [report.event for report in reports] == ([event] if event else [])
    assert all(report.recipients == (f"{name}@simulator.amazonses.com",) for report in reports)
