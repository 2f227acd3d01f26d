"""`make deploy` into an account of its own: an engine that runs what was packaged, as CloudFormation and Lambda do.

The last test takes the stacks through a deployment's life: one change, a failure, a rollback, an end and a new beginning.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from botocore.session import get_session

from infra.deploy.packaging import concurrency
from infra.local.engine import Engine
from tests.infra.deploy.packaging.conftest import Packaged, read, run_packaging
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
    """An account that `deploy` has been run against. `out` has the templates and zips, for this account only."""

    engine: Engine
    out: Path

    def client(self, service: str) -> Any:
        session = get_session()
        session.set_credentials("test", "test")
        return session.create_client(service, self.engine.region, endpoint_url=self.engine.endpoint_url)

    def queue(self, name: str) -> str:
        return str(self.client("sqs").get_queue_url(QueueName=f"backroom-dev-{name}")["QueueUrl"])

    @property
    def api(self) -> str:
        stack = self.client("cloudformation").describe_stacks(StackName="backroom-dev-api")["Stacks"][0]
        (found,) = (each["OutputValue"] for each in stack["Outputs"] if each["OutputKey"] == "RestAPIId")
        return f"{self.engine.endpoint_url}/restapis/{found}/api/_user_request_"

    def run(self, command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return run_packaging(command, "--stage", "dev", *arguments, **self.engine.environment)

    def deploy(self, *options: str) -> subprocess.CompletedProcess[str]:
        return self.run("deploy", "--packaged", "--yes", "--out", str(self.out), *options)

    def edit(self, stack: str, change: Callable[[dict[str, Any]], object]) -> None:
        """Change the template of a stack, as another version of the code would."""
        path = self.out / f"{stack}.json"
        template = read(path)
        change(template)
        path.unlink()  # a link to the file that all tests share
        path.write_text(json.dumps(template))

    def memory(self, function: str) -> int:
        found = self.client("lambda").get_function_configuration(FunctionName=f"backroom-dev-{function}")
        return int(found["MemorySize"])

    def delivery(self, delivery: str) -> dict[str, Any] | None:
        key = {"delivery_id": {"S": delivery}}
        return self.client("dynamodb").get_item(TableName=DELIVERIES, Key=key).get("Item")  # type: ignore[no-any-return]

    def process(self, delivery: str) -> None:
        """Store a delivery of Shopify, publish it, and wait until the consumer has processed it."""
        item = {"delivery_id": {"S": delivery}, "status": {"S": "received"}}
        self.client("dynamodb").put_item(TableName=DELIVERIES, Item=item)
        url = self.queue("shops-apply_webhook")
        self.client("sqs").send_message(QueueUrl=url, MessageBody=json.dumps(UNINSTALLED | {"delivery_id": delivery}))
        eventually(
            lambda: (self.delivery(delivery) or {}).get("status") == {"S": "processed"}, f"{delivery} is processed"
        )

    def walk(self, delivery: str) -> None:
        """From API Gateway to the stores and from a queue to its consumer."""
        answer = httpx2.get(f"{self.api}/ready")
        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
        assert httpx2.get(f"{self.api}/v1/studio/products").status_code == 401
        self.process(delivery)


ACCOUNT = "123456789012"
PLACE = f"stage dev in account {ACCOUNT}, region us-east-1"
DELIVERIES = "backroom-dev-shops-webhook_deliveries"
UNINSTALLED = {
    "shop": "one.myshopify.com",
    "app": "studio",
    "webhook_topic": "app/uninstalled",
    "triggered_at": "2026-01-02T03:04:05Z",
}


@pytest.fixture(scope="module")
def account(packaged: Packaged, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    out = tmp_path_factory.mktemp("deployed") / "dev"
    shutil.copytree(packaged("dev"), out, copy_function=os.link)
    with Engine.start(account=ACCOUNT) as engine:
        account = Account(engine, out)
        done = account.deploy()
        assert done.returncode == 0, done.stderr
        assert "SIGNING_KEYS: not set; run `aws ssm put-parameter" in done.stdout
        yield account


def test_the_api_answers_through_api_gateway(account: Account) -> None:
    """`/ready` reads a table and a bucket of the data stack."""
    response = httpx2.get(f"{account.api}/ready")

    assert (response.status_code, response.json()) == (200, {"status": "ok"})


def test_a_deployment_is_written_as_json(account: Account) -> None:
    done = account.deploy("--json")
    result = json.loads(done.stdout)
    assert (result["stage"], result["account"], result["region"]) == ("dev", ACCOUNT, "us-east-1")
    assert {"ImagesBucket", "KeyId", "PublicUrl"} <= result["outputs"].keys()
    assert f"deploy: {PLACE}" in done.stderr


def test_a_problem_passes_through_api_gateway(account: Account) -> None:
    response = httpx2.get(f"{account.api}/v1/shops/me/settings")

    assert response.status_code == 401
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["code"] == "Unauthenticated"


REQUESTS = (
    ("GET", "/v1/shops/me", 401),
    ("GET", "/v1/shops/me/", 401),
    ("GET", "/v1/studio/products/a%20b/styles", 401),
    ("GET", "/v1/studio/products/%2E%2E/styles", 401),
    ("GET", "/v1/operator/billing/codes/WELCOME/uses", 401),
    ("GET", "/v1/studio/products/a%2Fb/no%2Fsuch", 404),
    ("GET", "/v1/shops/me//settings/none", 404),
    ("GET", "/v1/shops/you", 404),
    ("DELETE", "/v1/shops/me", 405),
    ("HEAD", "/v1/shops/me", 401),
    ("OPTIONS", "/v1/shops/me", 405),
    ("GET", "/webhooks/stripe", 405),
)


def test_api_gateway_sends_every_path_to_the_app(account: Account) -> None:
    """The embedded gateway decodes a path and drops its empty parts; `test_lazy_app` has both as AWS forwards them."""
    url = account.api
    for method, path, status in REQUESTS:
        answer = httpx2.request(method, url + path)
        assert (answer.status_code, method, path) == (status, method, path)
        assert answer.headers["content-type"] == "application/problem+json"
        if status == 405:
            assert answer.headers["allow"] == ("POST" if path == "/webhooks/stripe" else "GET, HEAD")


def test_the_stage_is_deployed_with_its_throttles(account: Account) -> None:
    gateway = account.client("apigateway")
    [api] = [each["id"] for each in gateway.get_rest_apis()["items"] if each["name"] == "backroom-dev"]
    settings = gateway.get_stage(restApiId=api, stageName="api")["methodSettings"]

    limits = {key: (each["throttlingRateLimit"], each["throttlingBurstLimit"]) for key, each in settings.items()}
    assert limits["*/*"] == (500, 500)
    assert limits["/~1webhooks~1stripe/POST"] == (100, 200)
    assert limits["//GET"] == (20, 40)


def test_the_stacks_of_vital_functions_reserve_concurrency_in_an_account_that_has_enough(account: Account) -> None:
    """The engine does not apply the property; `test_templates` has it. Its account's limit depends on the machine."""
    limit = account.client("lambda").get_account_settings()["AccountLimit"]["ConcurrentExecutions"]
    described = account.client("cloudformation").describe_stacks()["Stacks"]
    values = {
        stack["StackName"].removeprefix("backroom-dev-"): each["ParameterValue"]
        for stack in described
        for each in stack.get("Parameters", [])
        if each["ParameterKey"] == "ReserveConcurrency"
    }
    assert values == dict.fromkeys(
        ("api", "billing", "shops", "studio"), "true" if concurrency.fits(limit) else "false"
    )


def test_of_a_batch_only_what_failed_comes_again_and_ends_as_a_dead_letter(account: Account) -> None:
    """The good message is done although it came with a poisonous one: the delivery that it is about was processed."""
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
    good = UNINSTALLED | {"delivery_id": "delivery-1"}
    dynamodb.put_item(TableName=DELIVERIES, Item={"delivery_id": {"S": "delivery-1"}, "status": {"S": "received"}})

    entries = [{"Id": str(n), "MessageBody": body} for n, body in enumerate(("poison", json.dumps(good)))]
    sqs.send_message_batch(QueueUrl=queue, Entries=entries)

    def dead_letters() -> list[str]:
        messages = sqs.receive_message(QueueUrl=dead_queue, MaxNumberOfMessages=10).get("Messages", [])
        return [message["Body"] for message in messages]

    eventually(lambda: (account.delivery("delivery-1") or {})["status"] == {"S": "processed"}, "the good one is done")
    assert eventually(dead_letters) == ["poison"]
    counts = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    message_counts = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=counts)["Attributes"]
    assert [message_counts[count] for count in counts] == ["0", "0"]


@pytest.mark.parametrize("service", ["dynamodb", "s3"])
def test_a_function_may_do_only_what_its_deployed_role_allows(account: Account, service: str) -> None:
    """Each Lambda signs as its own role. `/ready` reads a table and a bucket: without the statement, AWS refuses it."""
    iam = account.client("iam")
    configuration = account.client("lambda").get_function_configuration(FunctionName="backroom-dev-api")
    role = configuration["Role"].rpartition("/")[2]
    [name] = iam.list_role_policies(RoleName=role)["PolicyNames"]
    document = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
    kept = [each for each in document["Statement"] if not each["Action"][0].startswith(f"{service}:")]
    try:
        reduced = json.dumps(document | {"Statement": kept})
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=reduced)
        assert httpx2.get(f"{account.api}/ready").status_code == 503
    finally:
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(document))
    assert httpx2.get(f"{account.api}/ready").status_code == 200


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
        AWS_ACCESS_KEY_ID="test",
        AWS_SECRET_ACCESS_KEY="test",
        AWS_MAX_ATTEMPTS="1",
    )

    assert result.returncode == 1
    assert result.stderr.startswith("Could not connect")


def _set_memory(function: str, size: int) -> Callable[[dict[str, Any]], object]:
    return lambda template: template["Resources"][function]["Properties"].update(MemorySize=size)


def _add_indexes(template: dict[str, Any]) -> None:
    """Add two indexes to a live table, which DynamoDB creates one by one."""
    properties = template["Resources"]["TableShopsWebhookDeliveries"]["Properties"]
    for column in ("color", "size"):
        properties["AttributeDefinitions"].append({"AttributeName": column, "AttributeType": "S"})
        index = {"IndexName": f"by_{column}", "KeySchema": [{"AttributeName": column, "KeyType": "HASH"}]}
        indexes = properties.setdefault("GlobalSecondaryIndexes", [])
        indexes.append(index | {"Projection": {"ProjectionType": "ALL"}})


def _break(template: dict[str, Any]) -> None:
    """Change a function, and add an alarm without a metric, which CloudFormation refuses after it."""
    _set_memory("ShopsApplyWebhook", 768)(template)
    wrong = {"ComparisonOperator": "GreaterThanThreshold", "EvaluationPeriods": 1, "Threshold": 1}
    template["Resources"]["Wrong"] = {
        "Type": "AWS::CloudWatch::Alarm",
        "Properties": wrong,
        "DependsOn": "ShopsApplyWebhook",
    }


def test_stacks_are_updated_broken_rolled_back_taken_down_and_built_again(account: Account) -> None:
    """One change touches one stack; a failure leaves the others; rolled back is before the change; data stays."""
    stacks = (
        "data",
        "api",
        "analytics",
        "billing",
        "discounts",
        "platform",
        "retention",
        "shops",
        "studio",
        "together",
        "watch",
    )
    before = account.memory("studio-make_final")
    account.edit("studio", _set_memory("StudioMakeFinal", 3072))
    account.edit("data", _add_indexes)

    done = account.deploy()

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"deploy: {PLACE}\n")
    assert "backroom-dev-studio: 1 changes\n  modify 1 AWS::Lambda::Function\n" in done.stdout
    for name in stacks:
        assert f"backroom-dev-{name}: {'updated' if name in ('data', 'studio') else 'unchanged'}\n" in done.stdout
    assert done.stdout.count("backroom-dev-data: updated\n") == 2
    table = account.client("dynamodb").describe_table(TableName=DELIVERIES)["Table"]
    assert {index["IndexName"] for index in table["GlobalSecondaryIndexes"]} >= {"by_color", "by_size"}
    assert account.memory("studio-make_final") == 3072
    account.walk("after-a-change")

    account.edit("shops", _break)
    account.edit("studio", _set_memory("StudioMakeFinal", 4096))

    broken = account.deploy()

    assert broken.returncode == 1
    assert "Wrong: " in broken.stderr
    unchanged = "data, api, analytics, billing, discounts, platform, retention, studio, together, watch"
    assert f"Stacks changed by this deployment: none. Not changed: {unchanged}. shops is rolled back" in broken.stderr
    assert "run `make deploy STAGE=dev` again" in broken.stderr
    assert "make rollback" not in broken.stderr
    assert (account.memory("shops-apply_webhook"), account.memory("studio-make_final")) == (512, 3072)
    account.walk("after-a-failure")

    done = account.run("rollback", "--stack", "studio")

    assert (done.returncode, done.stdout) == (0, f"rollback: {PLACE}\nbackroom-dev-studio: updated\n")
    assert account.memory("studio-make_final") == before != 3072
    account.walk("after-a-rollback")

    done = account.run("teardown")

    assert done.returncode == 0, done.stderr
    lines = [f"backroom-dev-{name}: deleted" for name in reversed(stacks[1:])]
    assert done.stdout.splitlines() == [f"teardown: {PLACE}", *lines, "backroom-dev-app: does not exist"]
    assert account.client("lambda").list_functions()["Functions"] == []
    assert account.delivery("after-a-rollback") is not None

    account.edit("shops", lambda template: template["Resources"].pop("Wrong"))
    done = account.deploy()

    assert done.returncode == 0, done.stderr
    assert "backroom-dev-data: unchanged\n" in done.stdout
    assert account.delivery("after-a-change") is not None
    account.walk("after-a-new-beginning")


def test_taking_prod_down_needs_a_confirmation() -> None:
    refused = run_packaging("teardown", "--stage", "prod", AWS_ENDPOINT_URL="http://127.0.0.1:1")

    assert (refused.returncode, "CONFIRM=prod" in refused.stderr) == (1, True)
