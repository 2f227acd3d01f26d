"""What `deploy` shows and asks before it changes a stack, and the buckets that a stage keeps."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chalicelib.kit import aws, config
from infra.deploy import data_stack
from infra.deploy.live_stage import Target
from infra.deploy.packaging import artefacts, kept_buckets, preview, stacks
from infra.deploy.packaging.kept_buckets import BucketsDiffer
from infra.deploy.packaging.preview import Declined
from infra.local.engine import Engine
from tests.infra.deploy.packaging.conftest import run_packaging

STACK = "backroom-test-sample"
HERE = Target("test", "000000000000", "us-east-1")
TOPIC = "AWS::SNS::Topic"
Describe = Callable[[dict[str, Any]], list[str]]


@pytest.fixture
def upload(tmp_path: Path) -> Callable[[dict[str, Any]], str]:
    bucket = artefacts.create_bucket(HERE.account)

    def put(document: dict[str, Any]) -> str:
        file = tmp_path / "sample.json"
        file.write_text(json.dumps(document))
        return artefacts.url(bucket, artefacts.upload(bucket, file))

    return put


@pytest.fixture
def described(upload: Callable[[dict[str, Any]], str]) -> Describe:
    """Return the lines about a template; nothing stays of the change set."""

    def run(document: dict[str, Any]) -> list[str]:
        lines = list(preview.describe(STACK, upload(document), {}, len(document["Resources"])))
        if stacks.status(STACK):
            listed = aws.client("cloudformation").list_change_sets(StackName=STACK)["Summaries"]
            assert not [each for each in listed if each["ChangeSetName"].startswith("preview-")]
        return lines

    return run


def topic(name: str, **properties: str) -> dict[str, Any]:
    return {"Type": TOPIC, "Properties": {"TopicName": name, **properties}}


def test_changes_are_named_before_anything_changes(
    described: Describe, upload: Callable[[dict[str, Any]], str]
) -> None:
    before = {"Resources": {name: topic(name) for name in ("Kept", "Renamed", "Labelled", "Other", "Gone")}}
    assert described(before) == [f"{STACK}: new, 5 resources"]
    assert stacks.status(STACK) is None

    stacks.bring_up(STACK, upload(before), {})
    assert described(before) == [f"{STACK}: unchanged"]

    after = {
        "Resources": {
            "Kept": topic("Kept"),
            "Renamed": topic("another-name"),
            "Labelled": topic("Labelled", DisplayName="x"),
            "Other": topic("Other", DisplayName="y"),
            "New": topic("New"),
        }
    }
    assert described(after) == [
        f"{STACK}: 5 changes",
        f"  remove {TOPIC} Gone",
        f"  replace {TOPIC} Renamed",
        f"  add {TOPIC} New",
        f"  modify 2 {TOPIC}",
    ]
    names = {each["TopicArn"].rpartition(":")[2] for each in aws.client("sns").list_topics()["Topics"]}
    assert {"Gone", "Renamed"} <= names
    assert "New" not in names


def test_a_template_that_cloudformation_rejects_is_not_known_in_advance(
    described: Describe, upload: Callable[[dict[str, Any]], str]
) -> None:
    stacks.bring_up(STACK, upload({"Resources": {"One": topic("one")}}), {})
    document = {"Parameters": {"Nothing": {"Type": "String"}}, "Resources": {"One": topic("two")}}
    [line] = described(document)
    assert line.startswith(f"{STACK}: not known in advance: ")
    assert "Nothing" in line


@pytest.mark.parametrize("answer", ["", "y\n", "yes\n", "prod\n"])
def test_only_the_name_of_the_stage_confirms(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], answer: str
) -> None:
    target = Target("dev", "123456789012", "eu-west-1")
    monkeypatch.setattr("sys.stdin", io.StringIO(answer))
    with pytest.raises(Declined, match="nothing was deployed"):
        preview.ask(target)
    assert capsys.readouterr().out == "Type dev to deploy to stage dev in account 123456789012, region eu-west-1: "
    monkeypatch.setattr("sys.stdin", io.StringIO("dev\n"))
    preview.ask(target)


def test_without_a_terminal_a_deployment_needs_yes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    with pytest.raises(Declined, match="YES=1"):
        preview.demand_answer(False)
    preview.demand_answer(True)


def test_deploy_defaults_to_dev_names_the_account_and_changes_nothing_without_an_answer() -> None:
    with Engine.start(account="123456789012") as engine:
        done = run_packaging("deploy", **engine.environment)

        assert done.returncode == 1
        assert done.stdout == "deploy: stage dev in account 123456789012, region us-east-1\n"
        assert "add --yes" in done.stderr


@pytest.mark.parametrize("command", ["deploy", "rollback", "teardown"])
def test_the_number_of_the_embedded_aws_is_no_account(engine: Engine, command: str) -> None:
    done = run_packaging(command, "--stage", "dev", **engine.environment)

    assert (done.returncode, done.stdout) == (1, "")
    assert "account 000000000000 is the embedded AWS" in done.stderr


def test_a_stage_keeps_the_buckets_that_another_rule_named(tmp_path: Path) -> None:
    """A replaced bucket would be empty; `make package` takes the names of the settings."""
    settings = config.settings()
    elsewhere = Target("test", HERE.account, "eu-west-1")
    assert kept_buckets.find(HERE) == {}
    assert kept_buckets.find(elsewhere) == {
        "IMAGES_BUCKET": settings.images_bucket,
        "ARCHIVE_BUCKET": settings.archive_bucket,
    }

    template = data_stack.template()
    packaged = tmp_path / "data.json"
    for name in (settings.images_bucket, {"Fn::Sub": "backroom-test-images-${AWS::AccountId}-${AWS::Region}"}):
        template["Resources"]["ImagesBucket"]["Properties"]["BucketName"] = name
        packaged.write_text(json.dumps(template))
        kept_buckets.demand(HERE, tmp_path)
    template["Resources"]["ImagesBucket"]["Properties"]["BucketName"] = "backroom-test-images"
    packaged.write_text(json.dumps(template))
    with pytest.raises(BucketsDiffer, match=f"IMAGES_BUCKET={settings.images_bucket}"):
        kept_buckets.demand(HERE, tmp_path)
