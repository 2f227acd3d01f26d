"""Additions to the template that Chalice generates, merged with `chalice package --merge-template`.

`stack_split` makes several stacks of the result. Their parameters are values of other stacks and locations of zips.
"""

from __future__ import annotations

from typing import Any

from chalicelib.kit import config
from infra.deploy import handlers
from infra.deploy.handlers import Consumer
from infra.deploy.packaging import concurrency, domain, gateway, layers
from infra.deploy.packaging.names import API, STORE_API, function_name, functions, key_id, logical

Resources = dict[str, dict[str, Any]]


def template() -> dict[str, Any]:
    """Return the merge template of this process's stage. `deploy` sets its parameters."""
    settings = config.settings()
    resources: Resources = {
        "RestAPI": {"Properties": gateway.additions() | domain.api_properties()},
        **domain.resources(),
    }
    for name in functions():
        if name != STORE_API:  # `store_function` adds it to Chalice's template
            resources |= _function(name)
    for consumer in handlers.consumers():
        _map_queue(resources[logical(consumer.name)], consumer)
    for name, layer in layers.by_function().items():
        resources[layers.layer_id(layer)] = layers.resource(layer)
        if name != STORE_API:
            resources[logical(name)]["Properties"] |= layers.function_properties(layer)
            resources[logical(f"{name}-role")] = {"Properties": layers.role_properties(layer)}
    parameters = {
        "ArtefactBucket": "The bucket that holds the zips",
        "BundleKey": "The bundle's key in it",
        "KeyId": "The key of stored secrets, of the data stack",
        "PublicUrl": "The API's address, of the api stack",
    }
    declared = {name: {"Type": "String", "Description": about} for name, about in parameters.items()}
    declared |= {**domain.parameters(), gateway.CORS_ORIGINS: gateway.cors_parameter()}
    return {
        "Description": settings.namespace,
        "Parameters": {**declared, **layers.parameters(), concurrency.PARAMETER: concurrency.parameter()},
        "Conditions": {**layers.conditions(), **domain.conditions(), concurrency.CONDITION: concurrency.condition()},
        "Resources": resources,
        "Outputs": domain.outputs(),
    }


def _function(name: str) -> Resources:
    properties = {
        "FunctionName": function_name(name),
        "CodeUri": {"Bucket": {"Ref": "ArtefactBucket"}, "Key": {"Ref": "BundleKey"}},
        "Environment": {"Variables": _environment(name)},
        **concurrency.properties(name),
    }
    # Chalice's log group of the API's function refers to an id that Chalice has renamed.
    group = {"Properties": {"LogGroupName": f"/aws/lambda/{function_name(name)}"}}
    return {logical(name): {"Properties": properties}, logical(f"{name}-log-group"): group}


def _environment(name: str) -> dict[str, Any]:
    settings = config.settings()
    return {
        "TABLE_PREFIX": settings.table_prefix,
        "AWS_ACCOUNT_ID": {"Ref": "AWS::AccountId"},
        "IMAGES_BUCKET": {"Fn::Sub": settings.images_bucket},
        "ARCHIVE_BUCKET": {"Fn::Sub": settings.archive_bucket},
        "KMS_KEY_ID": key_id(),
        "ANALYTICS_ROWS": settings.analytics_rows,
        "IMAGE_MODEL": settings.image_model,
        "IMAGE_HTTP_URL": settings.image_http_url or "",
        "BEDROCK_REGION": settings.bedrock_region,
        "BEDROCK_IMAGE_MODEL": settings.bedrock_image_model,
        "BEDROCK_UPSCALE_MODEL": settings.bedrock_upscale_model,
        "TEXT_MODEL": ":".join(filter(None, (settings.text_model, settings.bedrock_text_profile))),
        "MAIL_FROM": settings.mail_from or "",
        "REPORTING_CURRENCY": settings.reporting_currency,
        "PUBLIC_URL": domain.public_url() if name == API else {"Ref": "PublicUrl"},
        **({"CORS_ORIGINS": {"Ref": gateway.CORS_ORIGINS}} if name == API else {}),
    }


def _map_queue(function: dict[str, Any], consumer: Consumer) -> None:
    """Add to the queue's event source: partial batch responses, the batching window and the maximum concurrency.

    Without partial batch responses Lambda ignores the list of failed messages and deletes all.
    """
    queue = f"arn:${{AWS::Partition}}:sqs:${{AWS::Region}}:${{AWS::AccountId}}:{function_name(consumer.queue)}"
    source: dict[str, Any] = {
        "Queue": {"Fn::Sub": queue},
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "MaximumBatchingWindowInSeconds": consumer.options.batching_window,
        "ScalingConfig": {"MaximumConcurrency": consumer.options.maximum_concurrency},
    }
    function["Properties"]["Events"] = {logical(f"{consumer.name}-sqs-event-source"): {"Properties": source}}
