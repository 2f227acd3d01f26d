"""The permissions of each function, and what they exclude."""

from __future__ import annotations

import json
from fnmatch import fnmatch, fnmatchcase
from typing import Any

import pytest

from chalicelib.kit import config
from chalicelib.retention.rules import RULES
from infra.deploy import data_stack, handlers
from infra.deploy.packaging import policies
from infra.deploy.packaging.names import API, function_name
from tests import access

ARCHIVE = "backroom-test-archive-000000000000-us-east-1"
ORDERS = f"s3:::{ARCHIVE}/archive/discounts/order_usages/*"
RETENTION_OF_OBJECTS = {f"retention-{work}" for work in ("erase_subject", "export_subject", "sweep_segment")}
BACKUPS = f"s3:::{ARCHIVE}/backups/*"


@pytest.fixture(scope="module")
def documents() -> dict[str, dict[str, Any]]:
    return policies.documents()


def allowed(document: dict[str, Any], action: str) -> set[str]:
    """Return the resources that a policy allows for the action, without ARN prefixes; of queues to send to, each by name."""
    names = {
        json.dumps(resource).rpartition("}:")[2].strip('"}')
        for statement in document["Statement"]
        if action in statement["Action"] and statement["Effect"] == "Allow"
        for resource in statement["Resource"]
    }
    if action != "sqs:SendMessage":
        return names
    queues = {data_stack.physical(consumer.queue) for consumer in handlers.consumers()}
    return {queue for queue in queues if any(fnmatchcase(queue, name) for name in names)}


def test_no_policy_grants_a_wildcard(documents: dict[str, dict[str, Any]]) -> None:
    for document in documents.values():
        for statement in document["Statement"]:
            assert statement["Effect"] in ("Allow", "Deny")
            assert not any("*" in action for action in statement["Action"])
            assert "*" not in statement["Resource"]


def test_a_consumer_may_read_only_its_own_queue(documents: dict[str, dict[str, Any]]) -> None:
    queues = {consumer.name: {data_stack.physical(consumer.queue)} for consumer in handlers.consumers()}
    queues[API] = {data_stack.physical("*-dead")}
    for name, document in documents.items():
        assert allowed(document, "sqs:ReceiveMessage") == queues.get(name, set())


def test_a_function_may_write_only_its_own_log_group(documents: dict[str, dict[str, Any]]) -> None:
    for name, document in documents.items():
        group = f"/aws/lambda/{function_name(name)}:*"
        assert allowed(document, "logs:PutLogEvents") == {f"log-group:{group}"}


def test_a_job_may_use_the_tables_that_its_code_names(documents: dict[str, dict[str, Any]]) -> None:
    tables = {
        table for table in allowed(documents["shops-apply_webhook"], "dynamodb:GetItem") if "/index/" not in table
    }

    names = (
        "kit-locks",
        "shops-sessions",
        "kit-tombstones",
        "shops-installation_logs",
        "shops-shops",
        "shops-webhook_deliveries",
    )
    assert {table.removeprefix("table/backroom-test-") for table in tables} == set(names)


def test_no_function_updates_the_audit_log_one_adds_and_retention_deletes() -> None:
    table = f"arn:aws:dynamodb:{config.settings().region}:{config.settings().account_id}:table/"
    audit_log = table + data_stack.physical("platform-audit_logs")
    may: dict[str, set[str]] = {}
    for name in policies.documents():
        for action in ("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "PartiQLDelete", "Query"):
            if access.is_allowed(name, f"dynamodb:{action}", audit_log):
                may.setdefault(action, set()).add(name)
    assert not may.keys() & {"UpdateItem", "BatchWriteItem"}
    assert may["PutItem"] == {"platform-record_audit"}
    deleting = may.get("DeleteItem", set()) | may["PartiQLDelete"]
    assert "retention-sweep_segment" in deleting <= {"retention-erase_subject", "retention-sweep_segment"}
    assert API in may["Query"]


def test_every_table_and_its_indexes_are_granted_to_a_function(documents: dict[str, dict[str, Any]]) -> None:
    granted_tables = {table for document in documents.values() for table in allowed(document, "dynamodb:Query")}

    for model in data_stack.models():
        assert any(fnmatch(f"table/{model.Meta.table_name}", pattern) for pattern in granted_tables)


def test_a_policy_fits_a_role(documents: dict[str, dict[str, Any]]) -> None:
    """IAM counts at most 10,240 characters of a role's inline policies, without white space."""
    longest = {
        "${AWS::Partition}": "aws-us-gov",
        "${AWS::Region}": "ap-southeast-1",
        "${AWS::AccountId}": "123456789012",
    }
    for document in documents.values():
        text = json.dumps(document, separators=(",", ":"))
        for parameter, value in longest.items():
            text = text.replace(parameter, value)
        assert len(text) <= 10_240


def test_only_retention_scans(documents: dict[str, dict[str, Any]]) -> None:
    scanning = {name for name, document in documents.items() if allowed(document, "dynamodb:Scan")}

    assert scanning == {f"retention-{work}" for work in ("erase_subject", "export_subject", "sweep_segment")}


def test_only_the_api_and_retention_may_describe_tables(documents: dict[str, dict[str, Any]]) -> None:
    describing = {name: allowed(document, "dynamodb:DescribeTable") for name, document in documents.items()}

    assert {name for name, tables in describing.items() if tables} == {"api_handler", "retention-sweep_segment"}
    assert describing["api_handler"] == {"table/backroom-test-*"}


def test_only_retention_deletes_in_batches(documents: dict[str, dict[str, Any]]) -> None:
    deleting = {name for name, document in documents.items() if allowed(document, "dynamodb:PartiQLDelete")}

    assert deleting == {"retention-sweep_segment"}
    tables = allowed(documents["retention-sweep_segment"], "dynamodb:PartiQLDelete")
    assert all(rule.table.Meta.table_name.startswith("backroom-test-") for rule in RULES.values())
    assert all(any(fnmatch(f"table/{rule.table.Meta.table_name}", at) for at in tables) for rule in RULES.values())


def test_only_retention_discounts_backups_and_computations_of_analytics_may_use_the_archive(
    documents: dict[str, dict[str, Any]],
) -> None:
    reaching = {name for name, document in documents.items() if ARCHIVE in json.dumps(document)}
    for name in (each for each in reaching if each.startswith("discounts-")):
        assert [path for path in allowed(documents[name], "s3:GetObject") if f"{ARCHIVE}/" in path] == [ORDERS]
        assert not any(f"{ARCHIVE}/" in path for path in allowed(documents[name], "s3:PutObject"))
    lake = f"arn:${{AWS::Partition}}:s3:::{ARCHIVE}/lake/analytics/*"
    computing = ("ingest_events", "compute_day", "close_site_day", "compute_experiment", "run_report")
    lake_functions = {f"analytics-{verb}" for verb in computing}
    assert {name for name, document in documents.items() if lake in json.dumps(document)} == lake_functions
    others = {
        name
        for name in documents
        if name in RETENTION_OF_OBJECTS or (name in reaching and name.startswith("discounts-"))
    }
    writing = {name for name in documents if BACKUPS in allowed(documents[name], "s3:AbortMultipartUpload")}
    assert writing == {"platform-run_job"}
    for name in writing:
        assert [path for path in allowed(documents[name], "s3:PutObject") if f"{ARCHIVE}/" in path] == [BACKUPS]
    assert reaching == lake_functions | others | writing | {"api_handler"}
    actions = ("s3:GetObject", "s3:PutObject", "s3:DeleteObject")
    result = {action: allowed(documents["api_handler"], action) for action in actions}
    exports = {action: {name for name in names if f"{ARCHIVE}/" in name} for action, names in result.items()}
    assert {action for action, names in exports.items() if names} == {"s3:GetObject"}
    assert all(name == BACKUPS or name.endswith(f"{ARCHIVE}/exports/*") for name in exports["s3:GetObject"])


def test_only_the_api_may_move_dead_letters_back_to_every_queue(documents: dict[str, dict[str, Any]]) -> None:
    every_queue = {data_stack.physical(consumer.queue) for consumer in handlers.consumers()}
    sending_to_all = {
        name for name, document in documents.items() if allowed(document, "sqs:SendMessage") >= every_queue
    }

    assert sending_to_all == {API}
