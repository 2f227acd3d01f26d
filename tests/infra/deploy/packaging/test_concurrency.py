"""Whether the account has room for the reservations of the API and the vital functions."""

from __future__ import annotations

import io
import zipfile

from chalicelib.kit import aws
from infra.deploy.packaging import concurrency
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
