"""One stack, deployed to the engine."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.kit import aws
from infra.deploy.data_stack import keep_on_delete
from infra.deploy.packaging import stacks
from infra.deploy.packaging.stacks import DeploymentFailed
from infra.local.engine import Engine

STACK = "sample"
Template = Callable[..., str]


@pytest.fixture
def template(engine: Engine) -> Template:
    """Upload a template with one topic; return its URL."""
    aws.client("s3").create_bucket(Bucket="templates")

    def put(**resources: dict[str, Any]) -> str:
        topic = {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": {"Ref": "Name"}}}
        document = {
            "Parameters": {"Name": {"Type": "String", "Default": "quiet"}},
            "Resources": {"Topic": topic, **resources},
            "Outputs": {"Name": {"Value": {"Ref": "Name"}}},
        }
        aws.client("s3").put_object(Bucket="templates", Key="sample.json", Body=json.dumps(document).encode())
        return f"{engine.endpoint_url}/templates/sample.json"

    return put


def test_a_stack_is_created_then_updated_then_unchanged(template: Template) -> None:
    assert stacks.bring_up(STACK, template(), {}) == "sample: created"
    more = template(Other={"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "other"}})
    assert stacks.bring_up(STACK, more, {}) == "sample: updated"
    assert stacks.bring_up(STACK, more, {}) == "sample: unchanged"


def test_a_stack_is_taken_down_and_what_it_retains_stays(template: Template) -> None:
    kept = {"Type": "AWS::SNS::Topic", "DeletionPolicy": "Retain", "Properties": {"TopicName": "kept"}}
    stacks.bring_up(STACK, template(Kept=kept), {})

    assert stacks.take_down(STACK) == "sample: deleted"
    names = {topic["TopicArn"].rpartition(":")[2] for topic in aws.client("sns").list_topics()["Topics"]}
    assert ("kept" in names, "quiet" in names) == (True, False)
    assert stacks.take_down(STACK) == "sample: does not exist"


def test_no_value_is_kept_of_a_parameter_that_the_stack_does_not_have(template: Template) -> None:
    """CloudFormation refuses UsePreviousValue then; the engine does not, so the test reads what is sent."""
    stacks.bring_up(STACK, template(), {})
    sent: list[Any] = []
    events = aws.client("cloudformation", read_timeout=stacks.CALL_SECONDS).meta.events
    keep = "provide-client-params.cloudformation.CreateChangeSet"
    events.register(keep, lambda params, **_: sent.extend(params["Parameters"]), unique_id="sent")
    stacks.bring_up(STACK, template(), {"Name": None, "New": None})
    events.unregister(keep, unique_id="sent")
    assert sent == [{"ParameterKey": "Name", "UsePreviousValue": True}]


def test_a_parameter_that_is_not_given_stays_as_it_was(template: Template) -> None:
    address = template()
    stacks.bring_up(STACK, address, {"Name": None})
    assert stacks.outputs(STACK) == {"Name": "quiet"}
    stacks.bring_up(STACK, address, {"Name": "loud"})

    assert stacks.bring_up(STACK, address, {"Name": None}) == "sample: unchanged"
    assert stacks.outputs(STACK) == {"Name": "loud"}


def test_a_failure_names_the_resource_and_the_next_step(template: Template) -> None:
    without_metric = {"ComparisonOperator": "GreaterThanThreshold", "EvaluationPeriods": 1, "Threshold": 1}
    address = template(Wrong={"Type": "AWS::CloudWatch::Alarm", "Properties": without_metric})

    with pytest.raises(DeploymentFailed, match="Wrong: "):
        stacks.bring_up(STACK, address, {})


def test_a_failed_first_deployment_is_repeated_without_manual_steps(template: Template) -> None:
    """The kept resources of the failed creation are deleted with it, so that the next creation finds their names free."""
    bucket = keep_on_delete({"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "first-try"}})
    wrong = {"ComparisonOperator": "GreaterThanThreshold", "EvaluationPeriods": 1, "Threshold": 1}
    alarm = {"Type": "AWS::CloudWatch::Alarm", "Properties": wrong, "DependsOn": "Kept"}
    with pytest.raises(DeploymentFailed, match="sample is ROLLBACK_COMPLETE"):
        stacks.bring_up(STACK, template(Kept=bucket, Wrong=alarm), {})

    assert stacks.template(STACK) is None
    assert stacks.bring_up(STACK, template(Kept=bucket), {}) == "sample: created"
    assert stacks.bring_up(STACK, template(Kept=bucket), {}) == "sample: unchanged"


def test_a_stack_with_an_unexecuted_change_set_is_created(template: Template) -> None:
    aws.client("cloudformation").create_change_set(
        StackName=STACK, ChangeSetName="interrupted", ChangeSetType="CREATE", TemplateURL=template()
    )
    assert stacks.status(STACK) == "REVIEW_IN_PROGRESS"
    assert stacks.bring_up(STACK, template(), {}) == "sample: created"


def test_a_failure_has_no_reasons_of_an_earlier_change(template: Template) -> None:
    stacks.bring_up(STACK, template(), {})
    without_metric = {"ComparisonOperator": "GreaterThanThreshold", "EvaluationPeriods": 1, "Threshold": 1}

    for name, other in (("First", "Second"), ("Second", "First")):
        address = template(**{name: {"Type": "AWS::CloudWatch::Alarm", "Properties": without_metric}})
        with pytest.raises(DeploymentFailed) as failed:
            stacks.bring_up(STACK, address, {})
        assert (f"{name}: " in str(failed.value), f"{other}: " in str(failed.value)) == (True, False)


def test_the_parameters_of_a_stack_are_those_of_its_last_change(template: Template) -> None:
    assert stacks.parameters(STACK) is None
    stacks.bring_up(STACK, template(), {"Name": "loud"})
    assert stacks.parameters(STACK) == {"Name": "loud"}
