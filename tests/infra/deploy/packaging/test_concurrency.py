"""Whether the account has room for the reservations of the API and the vital functions."""

from __future__ import annotations

import inspect
import io
import zipfile
from typing import Any

from chalicelib.kit import aws
from chalicelib.kit.jobs import DEFAULT_CONCURRENCY
from infra.deploy import handlers
from infra.deploy.handlers import Consumer
from infra.deploy.packaging import app_stack, concurrency
from infra.deploy.packaging.names import function_name, functions

NEEDED = sum(concurrency.RESERVED.values()) + concurrency.UNRESERVED


def create_function(name: str) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as bundle:
        bundle.writestr("app.py", "")
    role = aws.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    aws.client("lambda").create_function(
        FunctionName=name, Runtime="python3.13", Role=role, Handler="app.handler", Code={"ZipFile": content.getvalue()}
    )


def reserve(name: str, executions: int) -> None:
    aws.client("lambda").put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=executions)


def test_reservations_are_of_functions_that_exist() -> None:
    assert set(concurrency.RESERVED) <= set(functions())


def event_sources() -> dict[str, dict[str, Any]]:
    """The event source of every queue in the templates, by its consumer's function name."""
    return {
        body["Properties"]["FunctionName"]: event["Properties"]
        for body in app_stack.template()["Resources"].values()
        for event in body["Properties"].get("Events", {}).values()
        if "Queue" in event["Properties"]
    }


def declaration(consumer: Consumer) -> str:
    """The source of a consumer from its first decorator."""
    return inspect.getsource(vars(handlers.chalice_app().handler_map[consumer.name])["func"].__wrapped__)


def test_each_queue_has_a_maximum_concurrency() -> None:
    sources = event_sources()

    assert set(sources) == {function_name(each.name) for each in handlers.consumers()}
    for name, source in sources.items():
        assert 2 <= source["ScalingConfig"]["MaximumConcurrency"] <= 1000, name


def test_a_queue_that_may_use_more_executions_than_the_least_says_why() -> None:
    for consumer in handlers.consumers():
        if consumer.options.maximum_concurrency != DEFAULT_CONCURRENCY:
            assert "#" in declaration(consumer).partition("def ")[0], consumer.name


def test_a_reserved_function_takes_no_more_batches_than_its_reservation() -> None:
    """Lambda throttles the rest; a message that is throttled too often ends in the dead-letter queue."""
    checked = [each for each in handlers.consumers() if each.name in concurrency.RESERVED]

    assert checked
    for consumer in checked:
        assert consumer.options.maximum_concurrency <= concurrency.RESERVED[consumer.name]


def test_a_burst_of_every_queue_fits_into_1000_executions() -> None:
    """With the reservations, each schedule once and the executions that Lambda keeps unreserved."""
    queues = [
        each.options.maximum_concurrency for each in handlers.consumers() if each.name not in concurrency.RESERVED
    ]

    assert sum(queues) + sum(concurrency.RESERVED.values()) + len(handlers.schedules()) + concurrency.UNRESERVED <= 1000


def test_an_account_needs_100_executions_beyond_the_reservations() -> None:
    assert [concurrency.fits(each) for each in (10, NEEDED - 1, NEEDED, 1000)] == [False, False, True, True]


def test_what_this_stage_has_reserved_is_available_to_it_and_what_others_have_is_not() -> None:
    """Otherwise the second deployment would take the reservations back."""
    limit = aws.client("lambda").get_account_settings()["AccountLimit"]["ConcurrentExecutions"]
    ours = function_name("shops-apply_webhook")
    for name, executions in ((ours, 10), ("another", 20)):
        create_function(name)
        reserve(name, executions)

    assert concurrency.unreserved_executions() == limit - 20


def test_a_lack_is_described_with_its_figures() -> None:
    expected = f"no concurrency is reserved: {NEEDED} unreserved executions needed, 10 available"
    assert concurrency.describe_lack(10) == expected
