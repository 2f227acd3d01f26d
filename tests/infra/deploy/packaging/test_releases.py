"""The releases of a stack in the artefact bucket, and what is refused before anything is deployed or rolled back."""

from __future__ import annotations

import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest

from chalicelib.kit import aws
from infra.deploy.live_stage import Target
from infra.deploy.packaging import artefacts, deploy, failures, quotas, releases, stacks
from infra.deploy.packaging.quotas import QuotaTooLow
from infra.deploy.packaging.releases import KEPT, Release
from infra.deploy.packaging.stacks import DeploymentFailed, Parameters

OWNER = "000000000000"


def release(number: int) -> Release:
    return {"template": f"{number}/studio.json", "zips": {"BundleKey": f"{number}/deployment.zip"}}


@pytest.fixture
def bucket() -> str:
    return artefacts.create_bucket(OWNER)


def test_releases_are_listed_once_each_and_the_last_one_can_be_removed(bucket: str) -> None:
    for number in (1, 2, 2):
        releases.record(bucket, "studio", release(number))
    assert releases.list_releases(bucket, "studio") == [release(1), release(2)]
    releases.remove_last(bucket, "studio")
    assert releases.list_releases(bucket, "studio") == [release(1)]
    assert releases.list_releases(bucket, "shops") == []


def test_the_latest_releases_are_listed(bucket: str) -> None:
    for number in range(KEPT + 3):
        releases.record(bucket, "studio", release(number))
    assert releases.list_releases(bucket, "studio") == [release(number) for number in range(3, KEPT + 3)]


def test_a_file_is_uploaded_once_and_has_another_key_if_it_changes(bucket: str, tmp_path: Path) -> None:
    file = tmp_path / "studio.json"
    file.write_text('{"Parameters": {}}')
    key = artefacts.upload(bucket, file)
    assert artefacts.upload(bucket, file) == key
    assert artefacts.read_template(bucket, key) == {"Parameters": {}}
    file.write_text("{}")
    assert artefacts.upload(bucket, file) != key


@pytest.mark.parametrize("name", ["data", "", None, "app"])
def test_only_stacks_without_data_are_rolled_back(name: str | None) -> None:
    with pytest.raises(
        DeploymentFailed,
        match="CONTEXT=api or analytics or billing or discounts or platform or retention or shops or studio or together or watch",
    ):
        deploy.roll_back(name, OWNER)


def test_the_first_release_is_not_rolled_back(bucket: str) -> None:
    for _ in range(2):
        with pytest.raises(DeploymentFailed, match="backroom-test-studio has no earlier release"):
            deploy.roll_back("studio", OWNER)
        releases.record(bucket, "studio", release(1))


def test_a_rollback_takes_the_zips_of_then_and_the_addresses_of_now(
    bucket: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def bring_up(name: str, document: dict[str, Any], parameters: Parameters) -> str:
        file = tmp_path / f"{name}.json"
        file.write_text(json.dumps({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}} | document))
        key = artefacts.upload(bucket, file)
        stacks.bring_up(f"backroom-test-{name}", artefacts.url(bucket, key), parameters)
        return key

    given = {name: {"Type": "String"} for name in ("BundleKey", "PublicUrl")}
    outputs = {name: {"Value": {"Ref": name}} for name in given}
    bring_up("api", {"Outputs": {"PublicUrl": {"Value": "https://new"}}}, {})
    for number in (1, 2):
        topic = {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Ref": "BundleKey"}}}
        document = {"Description": f"{number}", "Parameters": given, "Outputs": outputs, "Resources": {"Topic": topic}}
        key = bring_up("studio", document, {"BundleKey": f"{number}/a.zip", "PublicUrl": "https://old"})
        releases.record(bucket, "studio", {"template": key, "zips": {"BundleKey": f"{number}/a.zip"}})

    deploy.roll_back("studio", OWNER)

    assert capsys.readouterr().out == "backroom-test-studio: updated\n"
    assert stacks.outputs("backroom-test-studio") == {"BundleKey": "1/a.zip", "PublicUrl": "https://new"}
    assert len(releases.list_releases(bucket, "studio")) == 1

    for number in (2, 3):
        releases.record(bucket, "studio", {"template": key, "zips": {"BundleKey": f"{number}/a.zip"}})
    with pytest.raises(DeploymentFailed, match=r"BundleKey is 1/a\.zip, recorded is 3/a\.zip"):
        deploy.roll_back("studio", OWNER)
    assert stacks.outputs("backroom-test-studio")["BundleKey"] == "1/a.zip"


def test_a_rollback_first_adds_what_a_later_release_removed_from_the_data_stack(
    bucket: str, capsys: pytest.CaptureFixture[str]
) -> None:
    topic = {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "needed-before"}}
    data = artefacts.upload_template(bucket, "data", {"Resources": {"Needed": topic}})
    documents = [
        {"Resources": {"Topic": topic | {"Properties": {"DisplayName": name}}}} for name in ("first", "second")
    ]
    keys = [artefacts.upload_template(bucket, "studio", document) for document in documents]
    stacks.bring_up("backroom-test-api", artefacts.url(bucket, keys[0]), {})
    for key in keys:
        stacks.bring_up("backroom-test-studio", artefacts.url(bucket, key), {})
        releases.record(bucket, "studio", {"template": key, "zips": {}, "data": data})

    deploy.roll_back("studio", OWNER)

    assert capsys.readouterr().out == "backroom-test-data: updated\nbackroom-test-studio: updated\n"
    assert "needed-before" in str(aws.client("sns").list_topics()["Topics"])


def test_the_same_functions_with_other_data_are_no_release_of_their_own(bucket: str) -> None:
    """A rollback would deploy what runs already."""
    for data in ("1/data.json", "2/data.json"):
        releases.record(bucket, "studio", {**release(1), "data": data})
    assert releases.list_releases(bucket, "studio") == [{**release(1), "data": "1/data.json"}]
    assert releases.before(bucket, "studio", "2/studio.json") == {**release(1), "data": "1/data.json"}
    assert releases.before(bucket, "studio", "1/studio.json") is None


def test_a_stack_that_was_taken_down_is_not_rolled_back(bucket: str) -> None:
    for number in (1, 2):
        releases.record(bucket, "studio", release(number))
    with pytest.raises(DeploymentFailed, match="backroom-test-studio does not exist"):
        deploy.roll_back("studio", OWNER)


def test_a_failed_deployment_names_only_stacks_that_it_changed(bucket: str) -> None:
    text = failures.describe("studio", ["data", "shops"])
    assert (
        "changed by this deployment: data, shops. Not changed: api, analytics, billing, discounts, platform, retention, together, watch."
        in text
    )
    assert "studio was not created" in text
    assert re.findall(r"CONTEXT=(\w+)", text) == ["shops"]

    document = b'{"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}'
    aws.client("s3").put_object(Bucket=bucket, Key="a.json", Body=document)
    stacks.bring_up("backroom-test-studio", artefacts.url(bucket, "a.json"), {})
    text = failures.describe("studio", [])
    assert "studio is as before (CREATE_COMPLETE)" in text
    assert "make rollback" not in text


def test_the_single_stack_of_an_earlier_release_has_to_go_first(bucket: str, tmp_path: Path) -> None:
    document = b'{"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}'
    aws.client("s3").put_object(Bucket=bucket, Key="old.json", Body=document)
    stacks.bring_up("backroom-test-app", artefacts.url(bucket, "old.json"), {})

    with pytest.raises(DeploymentFailed, match="make teardown STAGE=test"):
        deploy.deploy(tmp_path, Target("test", OWNER, "us-east-1"), {}, is_confirmed=True)


def names(number: int) -> list[str]:
    return [f"function-{n}" for n in range(number)]


def test_low_quotas_are_named_and_refuse_prod() -> None:
    limit = aws.client("lambda").get_account_settings()["AccountLimit"]["ConcurrentExecutions"]
    most = limit - quotas.API_CONCURRENCY
    assert quotas.check("prod", names(most), 18_000_000) == []
    assert [line.partition(";")[0] for line in quotas.check("dev", names(most + 1), 100_000_000_000)] == [
        f"quota too low: Lambda concurrent executions: {limit + 1:,} needed, {limit:,} available",
        f"quota too low: Lambda code storage, bytes: {(most + 1) * 100_000_000_000:,} needed, 80,530,636,800 available",
    ]
    with pytest.raises(QuotaTooLow, match=r"nothing was deployed\.(?s:.)*IAM roles: 2,000 needed"):
        quotas.check("prod", names(2000), 1)


def test_functions_that_exist_need_no_more_roles_and_only_the_growth_of_their_zips() -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as bundle:
        bundle.writestr("app.py", "")
    role = aws.client("iam").create_role(RoleName="function-1", AssumeRolePolicyDocument="{}")["Role"]
    created = aws.client("lambda").create_function(
        FunctionName="function-1",
        Runtime="python3.13",
        Role=role["Arn"],
        Handler="app.handler",
        Code={"ZipFile": content.getvalue()},
    )

    lines = [line.partition(" available")[0] for line in quotas.check("dev", names(2000), 100_000_000)]

    needed = 2000 * 100_000_000 - created["CodeSize"]
    assert lines[1].startswith(f"quota too low: Lambda code storage, bytes: {needed:,} needed")
    assert lines[2].startswith("quota too low: IAM roles: 1,999 needed")


def test_prod_needs_an_address_for_alarms_once(bucket: str) -> None:
    topic = {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Ref": "AlarmEmail"}}}
    document = {"Parameters": {"AlarmEmail": {"Type": "String"}}, "Resources": {"Topic": topic}}
    aws.client("s3").put_object(Bucket=bucket, Key="watch.json", Body=json.dumps(document).encode())
    template = artefacts.url(bucket, "watch.json")
    for stored in (None, ""):
        if stored is not None:
            stacks.bring_up("backroom-test-watch", template, {"AlarmEmail": stored})
        for given in (None, ""):
            with pytest.raises(DeploymentFailed, match="make deploy STAGE=prod ALARM_EMAIL="):
                deploy.demand_alarm_email("prod", given)
    deploy.demand_alarm_email("dev", None)
    deploy.demand_alarm_email("prod", "ops@example.com")

    stacks.bring_up("backroom-test-watch", template, {"AlarmEmail": "ops@example.com"})
    deploy.demand_alarm_email("prod", None)
