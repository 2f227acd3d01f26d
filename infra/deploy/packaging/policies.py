"""Least privilege: one IAM policy per function, derived from its modules' needs.

Actions are those that the operations of kit and integrations need (AWS, "Service Authorization Reference").
"""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

from chalicelib.integrations.athena import DATABASE
from chalicelib.kit import config
from chalicelib.kit.secret_reader import SHARED
from infra.deploy import bedrock_ids, handlers
from infra.deploy.handlers import Consumer
from infra.deploy.packaging import import_scan, secret_uses
from infra.deploy.packaging.bucket_statements import bucket_statements
from infra.deploy.packaging.errors import PackagingFailed
from infra.deploy.packaging.import_scan import Requirements
from infra.deploy.packaging.names import HTTP_FUNCTIONS, function_name, key_id
from infra.deploy.packaging.statements import Statement, allow, arn, deny, object_arn, physical
from infra.deploy.packaging.table_statements import MOST_CHARACTERS, length, table_statements


class UnknownService(PackagingFailed):
    """A function builds a client of a service that has no policy statement."""


DELETING = frozenset({"chalicelib.retention.service.erasure", "chalicelib.retention.service.sweep"})
"""The functions that reach one of these modules delete rows of the audit log: the rows of a subject, or old ones."""
AUDIT_TABLE = "platform-audit_logs"
"""No function updates an entry; `retention` alone deletes some, after archiving."""
AUDIT_WRITER = "chalicelib.platform.jobs.audit"
"""The function that reaches this module adds entries to the audit log."""
IMAGE_MODELS = "chalicelib.integrations.image_models.bedrock"
TEXT_MODELS = "chalicelib.integrations.text_models.bedrock"
SECRETS = "chalicelib.kit.secrets"
REDRIVES = "chalicelib.operator.service.dead_letters"
"""The functions that reach this module read every dead-letter queue and move its messages back to its queue."""


DOCUMENT_CHARACTERS = 50
"""Characters of a policy document around its statements."""


def documents() -> dict[str, dict[str, Any]]:
    """Return the policy document of every function, by its Chalice name."""
    found = {name: _document(name, import_scan.of_http(name)) for name in HTTP_FUNCTIONS.values()}
    for handler in (*handlers.consumers(), *handlers.schedules()):
        reached = import_scan.of_handler(handler.entry)
        found[handler.name] = _document(handler.name, reached, handler if isinstance(handler, Consumer) else None)
    return found


def _document(name: str, reached: Requirements, consumer: Consumer | None = None) -> dict[str, Any]:
    unknown = reached.services - _STATEMENTS.keys() - {"dynamodb"}
    if unknown:
        raise UnknownService(f"{name} uses {', '.join(sorted(unknown))}: add its policy statement to {__name__}")
    statements = [_logs(name)]
    for service in sorted(reached.services - {"dynamodb"}):
        statements += _STATEMENTS[service](reached)
    if consumer:
        actions = ("ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility", "GetQueueAttributes")
        statements.append(allow("sqs", actions, [arn("sqs", physical(consumer.queue))]))
    statements += _dynamodb(reached, MOST_CHARACTERS - length(statements) - DOCUMENT_CHARACTERS)
    return {"Version": "2012-10-17", "Statement": statements}


def _logs(name: str) -> Statement:
    group = arn("logs", f"log-group:/aws/lambda/{function_name(name)}:*")
    return allow("logs", ("CreateLogStream", "PutLogEvents"), [group])


def _dynamodb(reached: Requirements, room: int) -> Iterator[Statement]:
    """Yield statements for tables and indexes in at most `room` characters."""
    further = []
    if "describe_table" in reached.identifiers_of():
        further.append(allow("dynamodb", ("DescribeTable",), [arn("dynamodb", f"table/{physical('*')}")]))
    denied = deny("dynamodb", _denied_on_audit_table(reached), [arn("dynamodb", f"table/{physical(AUDIT_TABLE)}")])
    tables = table_statements(reached.tables, room - length([denied, *further]))
    yield from tables
    if any(
        fnmatchcase(denied["Resource"][0]["Fn::Sub"], each["Fn::Sub"]) for one in tables for each in one["Resource"]
    ):
        yield denied
    yield from further


def _denied_on_audit_table(reached: Requirements) -> tuple[str, ...]:
    """Return the actions that the function must not use on the audit log."""
    adds = AUDIT_WRITER in reached.modules
    deletes = bool(DELETING & reached.modules)
    return (
        "UpdateItem",
        "BatchWriteItem",
        *(() if adds else ("PutItem",)),
        *(() if deletes else ("DeleteItem", "PartiQLDelete")),
    )


def _sns(reached: Requirements) -> Iterator[Statement]:
    if reached.topics:
        yield allow("sns", ("Publish",), [arn("sns", physical(topic)) for topic in reached.topics])


def _sqs(reached: Requirements) -> Iterator[Statement]:
    """Yield statements for queues. A function that redrives sends to every queue: one pattern per context, as for tables."""
    redrives = REDRIVES in reached.modules
    contexts = sorted({consumer.queue.partition("-")[0] for consumer in handlers.consumers()})
    queues = [f"{context}-*" for context in contexts] if redrives else reached.queues
    if queues:
        yield allow("sqs", ("SendMessage",), [arn("sqs", physical(queue)) for queue in queues])
    if redrives:
        actions = ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")
        yield allow("sqs", actions, [arn("sqs", physical("*-dead"))])


def _kms(reached: Requirements) -> Iterator[Statement]:
    key = "arn:${AWS::Partition}:kms:${AWS::Region}:${AWS::AccountId}:key/${Key}"
    actions = [name.capitalize() for name in ("encrypt", "decrypt") if (SECRETS, name) in reached.definitions]
    if actions:
        yield allow("kms", actions, [{"Fn::Sub": [key, {"Key": key_id()}]}])


def _bedrock(reached: Requirements) -> Iterator[Statement]:
    """Yield the statement for the models that the function calls. `Converse` needs the permission of InvokeModel, too."""
    settings = config.settings()
    called: list[str] = []
    if IMAGE_MODELS in reached.modules:
        called += [settings.bedrock_image_model, settings.bedrock_upscale_model]
    if TEXT_MODELS in reached.modules and settings.bedrock_text_profile:
        called.append(settings.bedrock_text_profile)
    arns = [each for identifier in called for each in bedrock_ids.callable_arns(identifier, settings.bedrock_region)]
    if arns:
        yield allow("bedrock", ("InvokeModel",), [{"Fn::Sub": each} for each in arns])


def _ssm(reached: Requirements) -> Iterator[Statement]:
    """Yield the statement for secrets. Secure strings encrypted with AWS's own key need no KMS permission."""
    if names := secret_uses.of(reached.definitions, SHARED):
        settings = config.settings()
        path = f"parameter/{settings.table_prefix}/{settings.stage}"
        yield allow("ssm", ("GetParameters",), [arn("ssm", f"{path}/{name}") for name in names])


def _athena(_: Requirements) -> Iterator[Statement]:
    """Yield statements for queries: Athena reads the tables' definitions and writes results with the caller's rights."""
    actions = ("StartQueryExecution", "GetQueryExecution", "GetQueryResults")
    yield allow("athena", actions, [arn("athena", "workgroup/primary")])
    names = ("catalog", f"database/{DATABASE}", f"table/{DATABASE}/*")
    yield allow("glue", ("GetDatabase", "GetTable", "GetPartitions"), [arn("glue", name) for name in names])
    yield allow("s3", ("GetBucketLocation",), [object_arn(config.settings().images_bucket)])


def _ses(_: Requirements) -> Iterator[Statement]:
    """Yield the statement for e-mails of our sender, verified as an address or by its domain; none without a sender."""
    settings = config.settings()
    if settings.mail_from:
        domain = settings.mail_from.rpartition("@")[2].rstrip(">")
        address = settings.mail_from.rpartition("<")[2].rstrip(">")
        names = (f"identity/{address}", f"identity/{domain}", f"configuration-set/{settings.namespace}")
        yield allow("ses", ("SendRawEmail",), [arn("ses", name) for name in names])


_STATEMENTS = {
    "athena": _athena,
    "bedrock-runtime": _bedrock,
    "kms": _kms,
    "s3": bucket_statements,
    "ses": _ses,
    "sns": _sns,
    "sqs": _sqs,
    "ssm": _ssm,
}
