"""IAM for the suite: each AWS call of a handler or of the API is checked against the packaged policy of its role.

The embedded AWS grants everything. Here botocore's own events show every call before it is sent; one that the role
does not allow fails as AWS would fail it, and fails the test even if the code catches the error.

Tests interfere with a call by botocore's events, too: what they do between its start and its end is not the role's.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache, lru_cache
from typing import Any

import botocore
from botocore.exceptions import ClientError

from chalicelib.integrations.object_storage.clients import foreign_session
from chalicelib.kit import config
from chalicelib.kit.route_table import serving_function
from infra.deploy import handlers
from infra.deploy.packaging import policies
from infra.deploy.packaging.names import HTTP_FUNCTIONS

Demand = tuple[str, str]
"""An action and the ARN of its resource."""


@dataclass
class Role:
    """The role of a running function; `depth` counts its open calls, nested ones included."""

    name: str
    depth: int = 0


UNUSED_KEY = "x"
_acting: ContextVar[Role | None] = ContextVar("acting", default=None)
denied: list[str] = []
"""The refusals since the last test."""


@contextmanager
def acting_as(name: str) -> Iterator[None]:
    """Act with the role of the function `name` in this thread."""
    token = _acting.set(Role(name))
    try:
        yield
    finally:
        _acting.reset(token)


@contextmanager
def outside_roles() -> Iterator[None]:
    """Act without a role, as another process that a test plays inside a function."""
    token = _acting.set(None)
    try:
        yield
    finally:
        _acting.reset(token)


def _run_as(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def act(*args: Any, **kwargs: Any) -> Any:
        with acting_as(name):
            return function(*args, **kwargs)

    return act


def enforce() -> None:
    """Run every handler and view with its role, and check the AWS calls of every session from now on."""
    app = handlers.chalice_app()
    for declared in (*handlers.consumers(), *handlers.schedules()):
        handler: Any = app.handler_map[declared.name]
        handler.func = _run_as(declared.name, handler.func)
    for methods in app.routes.values():
        name = HTTP_FUNCTIONS[serving_function(methods)]
        for entry in methods.values():
            entry.view_function = _run_as(name, entry.view_function)
    foreign_session()  # made before: buckets of store owners are reached with the owners' keys, not with a role
    botocore.register_initializer(_check_session)


def _check_session(session: Any) -> None:
    session.register("before-parameter-build", _check)
    for end in ("after-call", "after-call-error"):
        session.get_component("event_emitter").register_last(end, _end_call)


def _end_call(**_: Any) -> None:
    role = _acting.get()
    if role is not None and role.depth:
        role.depth -= 1


def _check(params: dict[str, Any], model: Any, context: dict[str, Any], **_: Any) -> None:
    """Refuse a call that the role does not allow.

    A presigned link counts: its user acts as the role. The link that `storage.origins` signs does not: nobody
    fetches it. A presigned form (CreateBucket here) names no key.
    """
    role, is_presigned = _acting.get(), bool(context.get("is_presign_request"))
    if role is None or (is_presigned and (model.name == "CreateBucket" or params["Key"] == UNUSED_KEY)):
        return
    if not role.depth:
        for action, resource in required_permissions(model.service_model.endpoint_prefix, model.name, params):
            if not is_allowed(role.name, action, resource):
                denied.append(f"{role.name}: {action} on {resource}")
                raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": denied[-1]}}, model.name)
    if not is_presigned:
        role.depth += 1


def is_allowed(name: str, action: str, resource: str) -> bool:
    """Return whether the role of the function, packaged with the current settings, allows the action."""
    settings = config.settings()
    buckets = (settings.images_bucket, settings.archive_bucket, settings.bedrock_region)
    models = (settings.bedrock_image_model, settings.bedrock_upscale_model, settings.bedrock_text_profile)
    return _is_allowed((*buckets, *models), name, action, resource)


@lru_cache(maxsize=10_000)
def _is_allowed(chosen: tuple[str, ...], name: str, action: str, resource: str) -> bool:
    effects = {
        statement["Effect"]
        for statement in _documents(chosen)[name]["Statement"]
        if action in statement["Action"] and any(fnmatchcase(resource, _text(arn)) for arn in statement["Resource"])
    }
    return effects == {"Allow"}  # a denial overrides


@cache
def _documents(_chosen: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    return policies.documents()


def _text(arn: Any) -> str:
    """The ARN of a template for the embedded account."""
    pattern = arn["Fn::Sub"] if isinstance(arn["Fn::Sub"], str) else arn["Fn::Sub"][0]
    settings = config.settings()
    known = {"AWS::Partition": "aws", "AWS::Region": settings.region, "AWS::AccountId": settings.account_id}
    known["Key"] = settings.kms_key_id or "*"
    return re.sub(r"\${([^}]+)}", lambda match: known[match[1]], pattern)


def required_permissions(service: str, operation: str, params: dict[str, Any]) -> list[Demand]:
    """Return the permissions that a call requires (Service Authorization Reference, AWS). Raises KeyError for an unlisted operation."""
    return _SERVICES[service](operation, params)


def _arn(service: str, resource: str) -> str:
    return f"arn:aws:{service}:{config.settings().region}:{config.settings().account_id}:{resource}"


def _dynamodb(operation: str, params: dict[str, Any]) -> list[Demand]:
    if operation in ("BatchGetItem", "BatchWriteItem"):
        return [_on_table(operation, table) for table in params["RequestItems"]]
    if operation == "TransactWriteItems":
        kinds = {
            "Put": "PutItem",
            "Update": "UpdateItem",
            "Delete": "DeleteItem",
            "ConditionCheck": "ConditionCheckItem",
        }
        return [
            _on_table(kinds[kind], write["TableName"])
            for item in params["TransactItems"]
            for kind, write in item.items()
        ]
    if operation == "TransactGetItems":
        return [_on_table("GetItem", item["Get"]["TableName"]) for item in params["TransactItems"]]
    if operation == "BatchExecuteStatement":
        parsed = (re.match(r'(\w+) FROM "([^"]+)"', each["Statement"]) for each in params["Statements"])
        return [_on_table(f"PartiQL{each[1].capitalize()}", each[2]) for each in parsed if each]
    index = f"/index/{params['IndexName']}" if params.get("IndexName") else ""
    return [_on_table(operation, params["TableName"] + index)]


def _on_table(action: str, table: str) -> Demand:
    return f"dynamodb:{action}", _arn("dynamodb", f"table/{table}")


_S3_ACTIONS = {
    "AbortMultipartUpload": "AbortMultipartUpload",
    "CompleteMultipartUpload": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "DeleteObject": "DeleteObject",
    "GetObject": "GetObject",
    "HeadObject": "GetObject",
    "PutObject": "PutObject",
    "UploadPart": "PutObject",
}


def _s3(operation: str, params: dict[str, Any]) -> list[Demand]:
    bucket = f"arn:aws:s3:::{params['Bucket']}"
    if operation in ("HeadBucket", "ListObjectsV2"):
        return [("s3:ListBucket", bucket)]
    if operation == "DeleteObjects":
        return [("s3:DeleteObject", f"{bucket}/{each['Key']}") for each in params["Delete"]["Objects"]]
    return [(f"s3:{_S3_ACTIONS[operation]}", f"{bucket}/{params['Key']}")]


def _sqs(operation: str, params: dict[str, Any]) -> list[Demand]:
    action = "SendMessage" if operation == "SendMessageBatch" else operation
    return [(f"sqs:{action}", _arn("sqs", params["QueueUrl"].rpartition("/")[2]))]


def _bedrock(_: str, params: dict[str, Any]) -> list[Demand]:
    """Return the demands of InvokeModel or Converse, which requires the same permission.

    A profile of the geography `us` routes to three regions (Bedrock, "Supported Regions and models for inference
    profiles"), and the caller needs the model in each.
    """
    model, region, account = params["modelId"], config.settings().bedrock_region, config.settings().account_id
    action, profile = "bedrock:InvokeModel", model.removeprefix("us.")
    if profile == model:
        return [(action, f"arn:aws:bedrock:{region}::foundation-model/{model}")]
    regions = ("us-east-1", "us-east-2", "us-west-2")
    arns = [f"arn:aws:bedrock:{region}:{account}:inference-profile/{model}"]
    arns += [f"arn:aws:bedrock:{each}::foundation-model/{profile}" for each in regions]
    return [(action, arn) for arn in arns]


def _athena(operation: str, params: dict[str, Any]) -> list[Demand]:
    """Return the demands of a query; Athena writes its result with the caller's rights."""
    demands = [(f"athena:{operation}", _arn("athena", "workgroup/primary"))]
    if operation == "StartQueryExecution":
        output = params["ResultConfiguration"]["OutputLocation"].removeprefix("s3://")
        demands.append(("s3:PutObject", f"arn:aws:s3:::{output}result.csv"))
    return demands


def _kms(operation: str, params: dict[str, Any]) -> list[Demand]:
    return [(f"kms:{operation}", _arn("kms", f"key/{params['KeyId']}"))]


def _email(operation: str, params: dict[str, Any]) -> list[Demand]:
    """Return the demands of an e-mail: the sender's identity and the configuration set must both allow it."""
    identity = _arn("ses", f"identity/{params['Source']}")
    configuration = _arn("ses", f"configuration-set/{params['ConfigurationSetName']}")
    return [(f"ses:{operation}", identity), (f"ses:{operation}", configuration)]


_SERVICES: dict[str, Callable[[str, dict[str, Any]], list[Demand]]] = {
    "athena": _athena,
    "bedrock-runtime": _bedrock,
    "dynamodb": _dynamodb,
    "email": _email,
    "kms": _kms,
    "s3": _s3,
    "sns": lambda operation, params: [(f"sns:{operation}", params["TopicArn"])],
    "sqs": _sqs,
}
