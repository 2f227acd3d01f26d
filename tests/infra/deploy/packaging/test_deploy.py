"""`make deploy` into a separate account: an engine that runs the package, as CloudFormation and Lambda do."""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from botocore.session import get_session

from infra.local.engine import Engine
from tests.infra.deploy.packaging.conftest import run_packaging
from tests.timeouts import eventually

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        (sys.platform, platform.machine(), platform.libc_ver()[0]) != ("linux", "x86_64", "glibc"),
        reason="the engine runs the bundle itself, whose native modules are for Linux on x86_64",
    ),
]


@dataclass
class Account:
    """An account after `deploy`."""

    engine: Engine
    printed: str

    def client(self, service: str) -> Any:
        session = get_session()
        session.set_credentials("test", "test")
        return session.create_client(service, self.engine.region, endpoint_url=self.engine.endpoint_url)

    def queue(self, name: str) -> str:
        return str(self.client("sqs").get_queue_url(QueueName=f"backroom-dev-{name}")["QueueUrl"])

    @property
    def api(self) -> str:
        (result,) = (line.split()[1] for line in self.printed.splitlines() if line.startswith("RestAPIId"))
        return f"{self.engine.endpoint_url}/restapis/{result}/api/_user_request_"


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    out = tmp_path_factory.mktemp("deployed")
    with Engine.start() as engine:
        result = run_packaging("deploy", "--stage", "dev", "--out", str(out), **engine.environment)
        assert result.returncode == 0, result.stderr
        yield Account(engine, result.stdout)


def test_the_api_answers_through_api_gateway(account: Account) -> None:
    """`/ready` reads a table and a bucket of the data stack."""
    response = httpx.get(f"{account.api}/ready")

    assert (response.status_code, response.json()) == (200, {"status": "ok"})


def test_a_problem_passes_through_api_gateway(account: Account) -> None:
    response = httpx.get(f"{account.api}/v1/shops/me/settings")

    assert response.status_code == 401
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["code"] == "Unauthenticated"


def test_only_failed_messages_of_a_batch_are_retried_and_become_dead_letters(account: Account) -> None:
    """The valid message of a batch with a poison message is handled: its delivery was processed."""
    sqs, dynamodb = account.client("sqs"), account.client("dynamodb")
    account.client("lambda").invoke(
        FunctionName="backroom-dev-shops-apply_webhook", Payload=b'{"Records": []}'
    )  # now the function is warm
    queue, dead_queue = account.queue("shops-apply_webhook"), account.queue("shops-apply_webhook-dead")
    dead_arn = sqs.get_queue_attributes(QueueUrl=dead_queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    impatient = {
        "VisibilityTimeout": "5",
        "RedrivePolicy": json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": 2}),
    }
    sqs.set_queue_attributes(QueueUrl=queue, Attributes=impatient)
    good = {
        "shop": "one.myshopify.com",
        "app": "studio",
        "webhook_topic": "app/uninstalled",
        "delivery_id": "delivery-1",
        "triggered_at": "2026-01-02T03:04:05Z",
    }

    table, key = "backroom-dev-shops-webhook_deliveries", {"delivery_id": {"S": "delivery-1"}}
    dynamodb.put_item(TableName=table, Item={**key, "status": {"S": "received"}})

    entries = [{"Id": str(n), "MessageBody": body} for n, body in enumerate(("poison", json.dumps(good)))]
    sqs.send_message_batch(QueueUrl=queue, Entries=entries)

    def processed() -> bool:
        return bool(dynamodb.get_item(TableName=table, Key=key)["Item"]["status"] == {"S": "processed"})

    def dead_letters() -> list[str]:
        messages = sqs.receive_message(QueueUrl=dead_queue, MaxNumberOfMessages=10).get("Messages", [])
        return [message["Body"] for message in messages]

    eventually(processed)
    assert eventually(dead_letters) == ["poison"]
    counts = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    message_counts = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=counts)["Attributes"]
    assert [message_counts[count] for count in counts] == ["0", "0"]


@pytest.mark.parametrize("stage", ["local", "test"])
def test_local_stages_are_not_deployed(stage: str) -> None:
    result = run_packaging("deploy", "--stage", stage)

    assert result.returncode == 2
    assert "only dev and prod" in result.stderr


def test_deploying_without_an_account_is_an_error(tmp_path: Path) -> None:
    """The first request, for the account id, meets a closed port."""
    result = run_packaging(
        "deploy",
        *("--stage", "dev", "--out", str(tmp_path)),
        AWS_ENDPOINT_URL="http://127.0.0.1:1",
        AWS_MAX_ATTEMPTS="1",
    )

    assert result.returncode == 1
    assert result.stderr.startswith("Could not connect")
