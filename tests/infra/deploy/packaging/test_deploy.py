"""`make deploy` into an account of its own: an engine that runs what was packaged, as CloudFormation and Lambda do."""

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
from tests.patience import eventually

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        (sys.platform, platform.machine(), platform.libc_ver()[0]) != ("linux", "x86_64", "glibc"),
        reason="the engine runs the bundle itself, whose native modules are for Linux on x86_64",
    ),
]


@dataclass
class Account:
    """An account that `deploy` has been run against."""

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
        (found,) = (line.split()[1] for line in self.printed.splitlines() if line.startswith("RestAPIId"))
        return f"{self.engine.endpoint_url}/restapis/{found}/api/_user_request_"


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    out = tmp_path_factory.mktemp("deployed")
    with Engine.start() as engine:
        done = run_packaging("deploy", "--stage", "dev", "--out", str(out), **engine.environment)
        assert done.returncode == 0, done.stderr
        yield Account(engine, done.stdout)


def test_the_api_answers_through_api_gateway(account: Account) -> None:
    """`/ready` has read a table and looked at a bucket of the data stack."""
    answer = httpx.get(f"{account.api}/ready")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_a_problem_comes_through_as_one(account: Account) -> None:
    answer = httpx.get(f"{account.api}/v1/shops/me/settings")

    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "Unauthenticated"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/shops/me", 401),
        ("GET", "/v1/shops/me/", 401),
        ("GET", "/v1/studio/products/a%20b/styles", 401),
        ("GET", "/v1/studio/products/%2E%2E/styles", 401),
        ("GET", "/v1/operator/billing/codes/WELCOME/uses", 401),
        ("GET", "/v1/studio/products/a%2Fb/no%2Fsuch", 404),
        ("GET", "/v1/shops/me//settings/none", 404),
        ("GET", "/v1/shops/you", 404),
        ("DELETE", "/v1/shops/me", 405),
        ("HEAD", "/v1/shops/me", 405),
        ("OPTIONS", "/v1/shops/me", 405),
        ("GET", "/webhooks/stripe", 405),
    ],
)
def test_api_gateway_sends_every_path_to_the_app(account: Account, method: str, path: str, status: int) -> None:
    """The embedded gateway decodes a path and drops its empty parts before it forwards it; AWS's does neither."""
    answer = httpx.request(method, account.api + path)

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    if status == 405:
        assert answer.headers["allow"] == ("POST" if path == "/webhooks/stripe" else "GET")


def test_of_a_batch_only_what_failed_comes_again_and_ends_as_a_dead_letter(account: Account) -> None:
    """The good message is done although it came with a poisonous one: the delivery that it is about was processed."""
    sqs, dynamodb = account.client("sqs"), account.client("dynamodb")
    account.client("lambda").invoke(
        FunctionName="backroom-dev-shops-apply_webhook", Payload=b'{"Records": []}'
    )  # now it is warm
    queue, dead = account.queue("shops-apply_webhook"), account.queue("shops-apply_webhook-dead")
    dead_arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
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
        messages = sqs.receive_message(QueueUrl=dead, MaxNumberOfMessages=10).get("Messages", [])
        return [message["Body"] for message in messages]

    eventually(processed)
    assert eventually(dead_letters) == ["poison"]
    counts = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    left = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=counts)["Attributes"]
    assert [left[count] for count in counts] == ["0", "0"]


@pytest.mark.parametrize("stage", ["local", "test"])
def test_stages_of_this_machine_are_not_deployed(stage: str) -> None:
    refused = run_packaging("deploy", "--stage", stage)

    assert refused.returncode == 2
    assert "only dev and prod" in refused.stderr


def test_without_an_account_it_says_so(tmp_path: Path) -> None:
    """The first question, whose account this is, meets a closed port."""
    refused = run_packaging(
        "deploy",
        *("--stage", "dev", "--out", str(tmp_path)),
        AWS_ENDPOINT_URL="http://127.0.0.1:1",
        AWS_MAX_ATTEMPTS="1",
    )

    assert refused.returncode == 1
    assert refused.stderr.startswith("Could not connect")
