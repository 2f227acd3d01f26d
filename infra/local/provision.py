"""Create or update the resources of the local stack by deploying the data stack to the engine."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from chalicelib.kit import aws, config, messages
from chalicelib.kit.email_reports import EmailReported
from infra.deploy import data_stack


def provision(*, is_expiring: bool = True) -> None:
    """Deploy the data stack to the AWS that the settings name. Do nothing if it is up to date.

    Unless `is_expiring`, tables keep expired rows: tests move our clock, and the engine deletes by the real one.
    Raises RuntimeError if the deployment fails.
    """
    stack = config.settings().namespace + "-data"
    arguments = {"StackName": stack, "TemplateURL": _upload(data_stack.as_json())}
    cloudformation = aws.client("cloudformation")
    try:
        cloudformation.create_stack(**arguments)
    except ClientError as error:
        if error.response["Error"]["Code"] != "AlreadyExistsException":
            raise
        _update(cloudformation, arguments)
    status = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
    if status["StackStatus"] not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        raise RuntimeError(f"the data stack is {status['StackStatus']}: {status.get('StackStatusReason', '')}")
    if is_expiring:
        _enable_expiry()
    _verify_sender()


def _update(cloudformation: Any, arguments: dict[str, str]) -> None:
    try:
        cloudformation.update_stack(**arguments)
    except ClientError as error:
        if "No updates" not in str(error):
            raise


def _upload(body: str) -> str:
    """Upload the template and return its URL. The engine, like AWS, accepts at most 51,200 bytes in the call."""
    settings, s3 = config.settings(), aws.client("s3")
    bucket = f"{settings.namespace}-templates"
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="data.json", Body=body.encode())
    return f"{settings.endpoint_url}/{bucket}/data.json"


def _enable_expiry() -> None:
    """Enable TTL through the DynamoDB API, because the engine's CloudFormation ignores TimeToLiveSpecification."""
    dynamodb = aws.client("dynamodb")
    for model in data_stack.models():
        if data_stack.expires(model):
            specification = {"Enabled": True, "AttributeName": "expires_epoch"}
            try:
                dynamodb.update_time_to_live(TableName=model.Meta.table_name, TimeToLiveSpecification=specification)
            except ClientError as error:
                if "already enabled" not in str(error):
                    raise


def _verify_sender() -> None:
    """Verify the sender of e-mails, as an operator does once in an account; the engine trusts every address.

    The engine publishes no events of a configuration set. It publishes the feedback of SES's mailbox simulator (`bounce@` and
    `complaint@simulator.amazonses.com`) for an identity, so that goes to the topic of the events.
    """
    settings = config.settings()
    if settings.is_embedded and settings.mail_from:
        ses, address = aws.client("ses"), settings.mail_from.rpartition("<")[2].rstrip(">")
        ses.verify_email_identity(EmailAddress=address)
        for kind in ("Bounce", "Complaint"):
            ses.set_identity_notification_topic(
                Identity=address, NotificationType=kind, SnsTopic=messages.topic_arn(str(EmailReported.topic))
            )
