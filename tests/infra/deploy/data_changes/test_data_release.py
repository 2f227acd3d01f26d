"""What the new code does not use leaves the data stack one release after the code that used it."""

from __future__ import annotations

import json

import pytest

from chalicelib.kit import aws
from infra.deploy.data_changes import data_release, retired_queues
from infra.deploy.data_changes.data_release import DataStack
from infra.deploy.data_stack import physical
from infra.deploy.packaging.stacks import DeploymentFailed
from tests.infra.deploy.data_changes.conftest import (
    Json,
    exists,
    indexes,
    queues,
    receive,
    send,
    subscription,
    table,
    template,
)


def topic(name: str) -> Json:
    return {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": physical(name)}}


def topics() -> set[str]:
    return {each["TopicArn"].rpartition(":")[2] for each in aws.client("sns").list_topics()["Topics"]}


def publish(body: str) -> None:
    arn = next(each["TopicArn"] for each in aws.client("sns").list_topics()["Topics"] if "sample-always" in str(each))
    aws.client("sns").publish(TopicArn=arn, Message=body)


FIRST = template(Orders=table("orders", "shop", "day"), News=topic("sample-news"), Old=table("old"))
SECOND = template(Orders=table("orders", "shop"))
THIRD = template(Orders=table("orders", "shop", "buyer"))


def test_an_index_and_a_topic_leave_one_release_after_the_code(stack: DataStack) -> None:
    data_release.add_resources(stack, FIRST)
    data_release.remove_resources(stack, FIRST, None)

    assert data_release.add_resources(stack, SECOND) == ["sample-data: unchanged"]
    assert data_release.remove_resources(stack, SECOND, FIRST) == []
    assert data_release.describe(stack, SECOND, FIRST) == ["  with a later release, remove News, Old, Orders.by_day"]
    assert (indexes("orders"), physical("sample-news") in topics()) == ({"by_shop", "by_day"}, True)

    assert data_release.describe(stack, THIRD, SECOND) == ["  after the functions, remove News, Old, Orders.by_day"]
    data_release.add_resources(stack, THIRD)
    assert indexes("orders") == {"by_shop", "by_day", "by_buyer"}
    lines = data_release.remove_resources(stack, THIRD, SECOND)

    assert lines == ["sample-data: updated", "sample-data: removed News, Old, Orders.by_day"]
    assert (indexes("orders"), physical("sample-news") in topics()) == ({"by_shop", "by_buyer"}, False)
    assert indexes("old") == set()  # the table is kept in the account
    assert data_release.add_resources(stack, THIRD) == ["sample-data: unchanged"]


def test_a_rollback_adds_what_the_earlier_functions_need(stack: DataStack) -> None:
    """A removed table comes back with its rows; what both releases have stays as the later one has it."""
    data_release.add_resources(stack, FIRST)
    aws.client("dynamodb").put_item(TableName=physical("old"), Item={"id": {"S": "1"}})
    data_release.remove_resources(stack, SECOND, None)
    data_release.add_resources(stack, THIRD)
    assert indexes("orders") == {"by_shop", "by_buyer"}

    lines = data_release.add_for_rollback(stack, FIRST)

    assert lines == ["sample-data: 1 kept resources imported", "sample-data: updated"]
    assert (indexes("orders"), physical("sample-news") in topics()) == ({"by_shop", "by_buyer", "by_day"}, True)
    assert aws.client("dynamodb").scan(TableName=physical("old"))["Items"] == [{"id": {"S": "1"}}]
    assert data_release.add_for_rollback(stack, FIRST) == []


def test_a_renamed_queue_gives_its_messages_to_its_successor(stack: DataStack) -> None:
    """Its subscription ends once the new functions run, so that no message goes to both queues afterwards."""
    before = template(**queues("studio-print"), **subscription("Subscription", "StudioPrint"))
    after = template(**queues("sample-new"), **subscription("Other", "SampleNew"))
    data_release.add_resources(stack, before)
    send("studio-print", "queued")
    send("studio-print-dead", "dead")
    retired_queues.refuse_loss(after, before, before)

    data_release.add_resources(stack, after)
    publish("between")
    lines = data_release.remove_resources(stack, after, before)
    publish("later")

    assert lines == [
        "sample-data: updated",
        "sample-data: removed Subscription, StudioPrintPolicy",
        "backroom-test-studio-print-dead: 1 messages moved to studio-make_final-dead",
        "backroom-test-studio-print: 2 messages moved to studio-make_final",
    ]
    moved = receive("studio-make_final")
    assert sorted(message["Body"] for message in moved) == ["between", "queued"]
    assert {message["MessageAttributes"]["message_name"]["StringValue"] for message in moved} == {"FinalRequested"}
    assert [message["Body"] for message in receive("studio-make_final-dead")] == ["dead"]
    assert sorted(message["Body"] for message in receive("sample-new")) == ["between", "later"]
    assert receive("studio-print") == []

    data_release.add_for_rollback(stack, before)
    publish("rolled back")
    assert [message["Body"] for message in receive("studio-print")] == ["rolled back"]


def test_an_empty_retired_queue_is_deleted_one_release_later(stack: DataStack) -> None:
    before, after = template(**queues("studio-print")), template(**queues("sample-new"))
    later = template(**queues("sample-new"), **queues("sample-newer"))
    data_release.add_resources(stack, before)
    data_release.add_resources(stack, after)
    data_release.remove_resources(stack, after, before)
    assert exists("studio-print")
    send("studio-print", "late")

    data_release.add_resources(stack, later)
    lines = data_release.remove_resources(stack, later, after)

    assert "backroom-test-studio-print: 1 messages moved to studio-make_final" in lines
    assert "sample-data: removed StudioPrintDead, StudioPrint" in lines
    assert (exists("studio-print"), exists("sample-new")) == (False, True)


def test_a_message_in_progress_keeps_its_queue(stack: DataStack) -> None:
    before, after = template(**queues("studio-print")), template(**queues("sample-new"))
    data_release.add_resources(stack, before)
    send("studio-print", "slow")
    assert len(receive("studio-print")) == 1
    data_release.add_resources(stack, after)

    lines = data_release.remove_resources(stack, after, None)

    assert lines == ["backroom-test-studio-print: kept, 1 messages without a consumer; deploy again to move them"]
    assert exists("studio-print")


@pytest.mark.parametrize("queue", ["sample-only", "sample-only-dead"])
def test_a_queue_with_messages_keeps_its_consumer(stack: DataStack, queue: str) -> None:
    """Without a successor, a release without the consumer is refused until the queue is empty."""
    before, after = template(**queues("sample-only")), template()
    data_release.add_resources(stack, before)
    retired_queues.refuse_loss(after, before, before)
    send(queue, "stranded")

    with pytest.raises(DeploymentFailed, match=rf"backroom-test-{queue} has 1\. Nothing was deployed"):
        retired_queues.refuse_loss(after, before, before)
    retired_queues.refuse_loss(after, before, after)  # its consumer was removed before


def test_messages_that_arrive_too_late_keep_the_queue_until_it_is_empty(stack: DataStack) -> None:
    before, after = template(**queues("sample-only")), template()
    data_release.add_resources(stack, before)
    data_release.add_resources(stack, after)
    send("sample-only", "late")

    (line,) = data_release.remove_resources(stack, after, None)

    assert line.startswith("backroom-test-sample-only: kept, 1 messages without a consumer; deploy an earlier version")
    (message,) = receive("sample-only")
    sqs = aws.client("sqs")
    url = sqs.get_queue_url(QueueName=physical("sample-only"))["QueueUrl"]
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    data_release.add_resources(stack, after)
    data_release.remove_resources(stack, after, None)
    assert not exists("sample-only")


def test_a_subscription_under_another_id_still_delivers(stack: DataStack) -> None:
    """CloudFormation would delete the one subscription of topic and queue with its old id."""
    first = template(**queues("sample-one"), **subscription("Before", "SampleOne"))
    second = template(**queues("sample-one"), **subscription("After", "SampleOne"))
    data_release.add_resources(stack, first)
    assert data_release.add_resources(stack, second) == ["sample-data: unchanged"]
    assert data_release.remove_resources(stack, second, None) == []
    publish(json.dumps({}))
    assert len(receive("sample-one")) == 1
