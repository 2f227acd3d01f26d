"""Operator commands with STAGE=dev against a deployed stage: every name comes from its account and its stacks.

The account is an engine of its own, whose data stack has bucket names that no rule gives.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.session import get_session

from infra.deploy.handlers import ROOT
from infra.local.engine import Engine

ACCOUNT = "123456789012"
REGION = "us-east-1"
IMAGES, ARCHIVE = "images-of-the-stack", "archive-of-the-stack"
PLACE = f"stage dev in account {ACCOUNT}, region {REGION}"
PROVISION = "from infra.local.provision import provision; provision(is_expiring=False)"
LOOK = """
import os
from infra.deploy import live_stage
live_stage.enter("dev")
from chalicelib.kit import config, messages
settings = config.settings()
print(settings.kms_key_id, settings.public_url, settings.reporting_currency, settings.images_bucket)
print(messages.queue_url("shops-apply_webhook"))
print(messages.topic_arn("kit-operator_acted"))
"""


def python(engine: Engine, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run Python with the credentials of an engine's account, and without settings of the tests."""
    ours = (
        "AWS_",
        "STAGE",
        "TABLE_",
        "KMS_",
        "SECRETS_",
        "PUBLIC_",
        "IMAGES_",
        "ARCHIVE_",
        "SHOPIFY_API",
        "STRIPE_API",
    )
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return subprocess.run(
        [sys.executable, *arguments],
        env={**inherited, **engine.environment, "STAGE": "dev", **environment},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def ops(engine: Engine, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return python(engine, "-m", "infra.ops", *arguments, **environment)


def client(engine: Engine, service: str) -> Any:
    session = get_session()
    session.set_credentials("test", "test")
    return session.create_client(service, REGION, endpoint_url=engine.endpoint_url)


@pytest.fixture(scope="module")
def account() -> Iterator[Engine]:
    """An account with the data stack of `dev`."""
    with Engine.start(account=ACCOUNT) as engine:
        names = {"AWS_ACCOUNT_ID": ACCOUNT, "IMAGES_BUCKET": IMAGES, "ARCHIVE_BUCKET": ARCHIVE}
        done = python(engine, "-c", PROVISION, **names)
        assert done.returncode == 0, done.stderr
        yield engine


def key_id(account: Engine) -> str:
    stack = client(account, "cloudformation").describe_stacks(StackName="backroom-dev-data")["Stacks"][0]
    (found,) = (each["OutputValue"] for each in stack["Outputs"] if each["OutputKey"] == "KeyId")
    return str(found)


def url(account: Engine, queue: str) -> str:
    return str(client(account, "sqs").get_queue_url(QueueName=f"backroom-dev-{queue}")["QueueUrl"])


def test_a_command_names_the_stage_and_counts_objects_of_its_buckets(account: Engine) -> None:
    client(account, "s3").put_object(Bucket=ARCHIVE, Key="archive/x", Body=b"12345")

    done = ops(account, "sizes")

    assert done.returncode == 0, done.stderr
    assert f"backroom: {PLACE}\n" in done.stderr
    buckets = {line.split()[-1]: line.split()[:3] for line in done.stdout.splitlines() if " objects " in line}
    assert buckets == {IMAGES: ["0", "objects", "0"], ARCHIVE: ["1", "objects", "5"]}


def test_a_command_reads_and_redrives_queues_of_the_account(account: Engine) -> None:
    sqs = client(account, "sqs")
    sqs.send_message(QueueUrl=url(account, "shops-apply_webhook-dead"), MessageBody="{}")

    done = ops(account, "dead-letters", "shops-apply_webhook", "--redrive")

    assert done.returncode == 0, done.stderr
    received = sqs.receive_message(QueueUrl=url(account, "shops-apply_webhook"), WaitTimeSeconds=5)
    assert [message["Body"] for message in received["Messages"]] == ["{}"]


def test_a_rotation_uses_the_key_of_the_stack_and_publishes_to_the_topic_of_the_account(account: Engine) -> None:
    done = ops(account, "rotate-secrets")

    assert done.returncode == 0, done.stderr
    assert f"encrypted with kms:{key_id(account)}" in done.stdout
    audit = client(account, "sqs").receive_message(
        QueueUrl=url(account, "platform-record_audit"), WaitTimeSeconds=10, MaxNumberOfMessages=10
    )
    actions = {json.loads(message["Body"]).get("action") for message in audit["Messages"]}
    assert "shops.rotate_secrets" in actions


def test_a_key_file_is_not_changed_in_an_account(account: Engine) -> None:
    done = ops(account, "rotate-secrets", "--new-key")

    assert (done.returncode, "KMS holds the keys" in done.stderr) == (1, True)


def create_api_function(account: Engine, **variables: str) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as bundle:
        bundle.writestr("app.py", "")
    role = client(account, "iam").create_role(RoleName="api", AssumeRolePolicyDocument="{}")["Role"]
    client(account, "lambda").create_function(
        FunctionName="backroom-dev-api",
        Runtime="python3.13",
        Role=role["Arn"],
        Handler="app.app",
        Code={"ZipFile": content.getvalue()},
        Environment={"Variables": variables},
    )


def test_names_come_from_sts_and_the_outputs_and_settings_from_the_api_not_from_exported_settings(
    account: Engine,
) -> None:
    template = {
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
        "Outputs": {"PublicUrl": {"Value": "https://api.example.com"}},
    }
    cloudformation = client(account, "cloudformation")
    cloudformation.create_stack(StackName="backroom-dev-api", TemplateBody=json.dumps(template))
    create_api_function(account, REPORTING_CURRENCY="EUR", IMAGES_BUCKET="of-a-failed-deployment")
    exported = {"KMS_KEY_ID": "of-another", "IMAGES_BUCKET": "of-another", "AWS_ACCOUNT_ID": ACCOUNT}
    exported |= {"REPORTING_CURRENCY": "USD"}

    done = python(account, "-c", LOOK, **exported, PUBLIC_URL="http://127.0.0.1:8000")

    assert done.stdout.splitlines() == [
        f"{key_id(account)} https://api.example.com EUR {IMAGES}",
        f"{account.endpoint_url}/{ACCOUNT}/backroom-dev-shops-apply_webhook",
        f"arn:aws:sns:{REGION}:{ACCOUNT}:backroom-dev-kit-operator_acted",
    ], done.stderr
    cloudformation.delete_stack(StackName="backroom-dev-api")
    client(account, "lambda").delete_function(FunctionName="backroom-dev-api")


@pytest.mark.parametrize(
    ("environment", "reason"),
    [
        ({"AWS_ACCOUNT_ID": "210987654321"}, f"AWS_ACCOUNT_ID is 210987654321, but the AWS credentials belong to account {ACCOUNT}"),
        ({"AWS_DEFAULT_REGION": "eu-west-1"}, f"there is no stage dev in account {ACCOUNT}, region eu-west-1"),
        ({"TABLE_PREFIX": "acme"}, f"there is no {PLACE}"),
        ({"STAGE": "prod"}, f"there is no stage prod in account {ACCOUNT}"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)  # fmt: skip
def test_a_stage_that_is_elsewhere_is_refused(account: Engine, environment: dict[str, str], reason: str) -> None:
    done = ops(account, "sizes", **environment)

    assert (done.returncode, done.stdout) == (1, "")
    assert reason in done.stderr
    assert "Traceback" not in done.stderr


def test_the_embedded_aws_is_no_account(engine: Engine) -> None:
    """Its number is in no address of a live stage."""
    done = ops(engine, "sizes")

    assert (done.returncode, done.stdout) == (1, "")
    assert "account 000000000000 is the embedded AWS" in done.stderr


def test_missing_credentials_are_one_line(tmp_path_factory: pytest.TempPathFactory) -> None:
    nothing = str(tmp_path_factory.mktemp("home") / "none")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    done = subprocess.run(
        [sys.executable, "-m", "infra.ops", "sizes"],
        env={**environment, "STAGE": "dev", "AWS_CONFIG_FILE": nothing, "AWS_SHARED_CREDENTIALS_FILE": nothing}
        | {"AWS_EC2_METADATA_DISABLED": "true"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (1, "backroom: Unable to locate credentials\n")


def test_a_stage_of_an_earlier_release_is_to_be_deployed_first(account: Engine) -> None:
    template = {
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
        "Outputs": {"KeyId": {"Value": "k"}},
    }
    client(account, "cloudformation").create_stack(StackName="old-dev-data", TemplateBody=json.dumps(template))

    done = ops(account, "sizes", TABLE_PREFIX="old")

    assert (done.returncode, done.stdout) == (1, "")
    assert "the data stack has no output ArchiveBucket: deploy this version first" in done.stderr


@pytest.mark.parametrize(("variable", "region"), [("", "eu-west-1"), ("eu-north-1", "eu-north-1")])
def test_the_region_is_that_of_the_profile_unless_a_variable_names_one(
    account: Engine, tmp_path: Path, variable: str, region: str
) -> None:
    profile = tmp_path / "config"
    profile.write_text("[default]\nregion = eu-west-1\n")
    look = "from infra.deploy import live_stage; print(live_stage.find_target('dev'))"

    done = python(account, "-c", look, AWS_CONFIG_FILE=str(profile), AWS_DEFAULT_REGION=variable)

    assert done.stdout == f"stage dev in account {ACCOUNT}, region {region}\n", done.stderr
