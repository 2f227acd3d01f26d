"""The templates of all stacks, as they lie in the directory that `make package` fills."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chalicelib.billing.metrics import INVARIANTS
from chalicelib.kit.route_table import allowed_methods, gateway_path, requires_sign_in
from infra.deploy import data_stack, handlers
from infra.deploy.packaging import layers
from infra.deploy.packaging.names import functions, logical, stack_names
from tests.infra.deploy.packaging.conftest import expanded, of_type, read, united

ROOT = Path(__file__).resolve().parents[4]

Packaged = Callable[[str], Path]
SQS = "arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:"


@pytest.fixture(scope="module")
def app(packaged: Packaged) -> dict[str, Any]:
    """The stacks of the API and of all contexts."""
    return united(packaged("prod"))


@pytest.fixture(scope="module")
def watch(packaged: Packaged) -> dict[str, Any]:
    return read(packaged("prod") / "watch.json")


@pytest.fixture(scope="module")
def data(packaged: Packaged) -> dict[str, Any]:
    return read(packaged("prod") / "data.json")


@pytest.mark.parametrize("stage", ["prod", "dev"])
def test_cfn_lint_finds_nothing(packaged: Packaged, stage: str, tmp_path: Path) -> None:
    """In the templates as they are deployed, and in what the transform makes of them."""
    files = [packaged(stage) / f"{name}.json" for name in stack_names()]
    if stage == "dev":
        templates = expanded(*(read(file) for file in files))
        files = [tmp_path / file.name for file in files]
        for file, template in zip(files, templates, strict=True):
            file.write_text(json.dumps(template))

    command = [str(Path(sys.executable).with_name("cfn-lint")), "--non-zero-exit-code", "informational"]
    process = subprocess.run([*command, *map(str, files)], capture_output=True, text=True, check=False)

    assert (process.returncode, process.stdout) == (0, "")


def test_each_context_has_a_stack_of_its_own(packaged: Packaged) -> None:
    """Without values that another stack imports: a value could not change while it is imported."""
    out = packaged("prod")
    contexts = {handler.context for handler in (*handlers.consumers(), *handlers.schedules())}
    assert {file.stem for file in out.glob("*.json")} == {"data", "api", "watch", *contexts} == set(stack_names())
    for name in contexts:
        functions_of_context = of_type(read(out / f"{name}.json"), "AWS::Serverless::Function").values()
        assert {body["Handler"].split(".")[1] for body in functions_of_context} == {name}
    for file in out.glob("*.json"):
        text = file.read_text()
        assert "ImportValue" not in text
        assert '"Export"' not in text
        assert len(text.splitlines()) == 1


def test_names_of_buckets_contain_account_and_region(app: dict[str, Any], data: dict[str, Any]) -> None:
    names = {bucket["BucketName"]["Fn::Sub"] for bucket in of_type(data, "AWS::S3::Bucket").values()}

    assert names == {
        f"backroom-prod-{purpose}-${{AWS::AccountId}}-${{AWS::Region}}" for purpose in ("images", "archive")
    }
    assert {name: data["Outputs"][name]["Value"] for name in ("ImagesBucket", "ArchiveBucket", "KeyId")} == {
        "ImagesBucket": {"Ref": "ImagesBucket"},
        "ArchiveBucket": {"Ref": "ArchiveBucket"},
        "KeyId": {"Ref": "SecretsKey"},
    }
    for function in of_type(app, "AWS::Serverless::Function").values():
        variables = function["Environment"]["Variables"]
        assert {variables[name]["Fn::Sub"] for name in ("IMAGES_BUCKET", "ARCHIVE_BUCKET")} == names


def test_every_handler_is_a_function_of_the_same_name(app: dict[str, Any]) -> None:
    result = {body["FunctionName"]: body for body in of_type(app, "AWS::Serverless::Function").values()}
    handlers_by_name = {f"backroom-prod-{h.name}": h for h in (*handlers.consumers(), *handlers.schedules())}

    assert set(result) == {"backroom-prod-api", "backroom-prod-store-api", *handlers_by_name}
    for name, handler in handlers_by_name.items():
        body = result[name]
        assert (body["Handler"], body["Timeout"], body["MemorySize"]) == (
            handler.entry,
            handler.timeout,
            handler.memory,
        )


def test_every_function_has_limits_and_no_limits_are_unused() -> None:
    assert set(read(handlers.CONFIG)["lambda_functions"]) == set(functions())


def test_the_api_times_out_before_api_gateway(app: dict[str, Any]) -> None:
    for name in ("APIHandler", "StoreAPIHandler"):
        assert app["Resources"][name]["Properties"]["Timeout"] <= 29


def test_every_queue_reports_partial_batch_failures(app: dict[str, Any], data: dict[str, Any]) -> None:
    """The visibility timeout is six times the timeout of the function, as AWS recommends."""
    silences = {
        queue["QueueName"]: queue.get("VisibilityTimeout") for queue in of_type(data, "AWS::SQS::Queue").values()
    }
    sources = [
        (function, event["Properties"])
        for function in of_type(app, "AWS::Serverless::Function").values()
        for event in function.get("Events", {}).values()
        if event["Type"] == "SQS"
    ]

    assert len(sources) == len(handlers.consumers()) > 0
    for function, source in sources:
        queue = source["Queue"]["Fn::Sub"].removeprefix(SQS)
        assert queue == function["FunctionName"]
        assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert silences[queue] >= data_stack.VISIBILITY_FACTOR * function["Timeout"]


def test_every_function_has_a_role_and_a_log_retention(app: dict[str, Any]) -> None:
    bodies = of_type(app, "AWS::Serverless::Function").values()
    logs = {log["LogGroupName"]: log["RetentionInDays"] for log in of_type(app, "AWS::Logs::LogGroup").values()}

    assert len({json.dumps(body["Role"]) for body in bodies}) == len(bodies)
    assert logs == {f"/aws/lambda/{body['FunctionName']}": 90 for body in bodies}


def test_api_gateway_errors_are_problems(app: dict[str, Any]) -> None:
    document = app["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]
    responses = document["x-amazon-apigateway-gateway-responses"]
    expected = {
        "MISSING_AUTHENTICATION_TOKEN": ("404", "NotFound"),
        "REQUEST_TOO_LARGE": ("413", "PayloadTooLarge"),
        "UNSUPPORTED_MEDIA_TYPE": ("415", "UnsupportedMediaType"),
        "THROTTLED": ("429", "TooManyRequests"),
        "INTEGRATION_TIMEOUT": ("503", "Unavailable"),
        "DEFAULT_5XX": ("500", "InternalError"),
    }

    for kind, (status, code) in expected.items():
        problem = json.loads(responses[kind]["responseTemplates"]["application/json"])
        assert (responses[kind]["statusCode"], problem["code"], str(problem["status"])) == (status, code, status)
        assert problem["request_id"] == "$context.requestId"
        assert (
            responses[kind]["responseParameters"]["gatewayresponse.header.Content-Type"] == "'application/problem+json'"
        )


def test_every_method_of_every_route_reaches_its_function(app: dict[str, Any]) -> None:
    """On the greedy path of its context; a route without sign-in on its own path, with its methods by name."""
    paths = app["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]["paths"]
    routes = handlers.chalice_app().routes

    assert set(paths) == {gateway_path(route, methods) for route, methods in routes.items()}
    for path, methods in paths.items():
        assert "x-amazon-apigateway-any-method" in methods
        assert {name.lower() for name in allowed_methods(routes.get(path, {}))} == set(methods) - {
            "x-amazon-apigateway-any-method"
        }
        uris = {method["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"] for method in methods.values()}
        sql_paths = ("/v1/store/", "/v1/platform/stores/{store_id}/database")
        serving = "store-api" if path.startswith(sql_paths) else "api"
        assert [uri.rpartition(":function:")[2] for uri in uris] == [f"backroom-prod-{serving}/invocations"]


def test_every_route_without_sign_in_has_a_throttle_and_the_stage_has_a_default(app: dict[str, Any]) -> None:
    """By the path and the method that the API's document names, so that API Gateway finds them."""
    routes = handlers.chalice_app().routes
    api = app["Resources"]["RestAPI"]["Properties"]
    settings = {(each["ResourcePath"], each["HttpMethod"]): each for each in api["MethodSettings"]}
    limits = {key: (each["ThrottlingRateLimit"], each["ThrottlingBurstLimit"]) for key, each in settings.items()}
    named = {
        ("/" if path == "/" else "/" + path.replace("/", "~1"), method.upper())
        for path, methods in api["DefinitionBody"]["paths"].items()
        for method in set(methods) - {"x-amazon-apigateway-any-method"}
        if not requires_sign_in(routes[path]["GET" if method == "head" else method.upper()])
    }

    assert len(settings) == len(api["MethodSettings"])
    assert set(settings) == {("/*", "*"), *named}
    default = limits.pop(("/*", "*"))
    assert default == (500, 500)
    assert all(limit < default for limit in limits.values())
    expected = {
        ("/", "GET"): (20, 40),
        ("/~1health", "GET"): (20, 40),
        ("/~1health", "HEAD"): (20, 40),
        ("/~1shopify~1{app}~1auth", "GET"): (20, 40),
        ("/~1proxy~1studio~1uploads", "POST"): (100, 200),
        ("/~1webhooks~1shopify~1{app}", "POST"): (100, 200),
        ("/~1webhooks~1stripe", "POST"): (100, 200),
    }
    assert {key: limits[key] for key in expected} == expected


def test_the_api_and_the_vital_functions_have_reserved_concurrency_under_a_condition(app: dict[str, Any]) -> None:
    reserved = {
        body["FunctionName"].removeprefix("backroom-prod-"): body["ReservedConcurrentExecutions"]
        for body in of_type(app, "AWS::Serverless::Function").values()
        if "ReservedConcurrentExecutions" in body
    }

    assert reserved == {
        name: {"Fn::If": ["ReservesConcurrency", executions, {"Ref": "AWS::NoValue"}]}
        for name, executions in (
            ("api", 100),
            ("store-api", 50),
            ("shops-apply_webhook", 10),
            ("billing-process_stripe_event", 10),
            ("studio-make_final", 10),
        )
    }
    assert app["Conditions"]["ReservesConcurrency"] == {"Fn::Equals": [{"Ref": "ReserveConcurrency"}, "true"]}
    assert app["Parameters"]["ReserveConcurrency"]["Default"] == "false"


def test_functions_with_sql_drivers_join_a_vpc_if_there_is_one(app: dict[str, Any]) -> None:
    """Lambda creates their network interfaces with the function's role; without subnets nothing changes."""
    with_drivers = {name for name, layer in layers.by_function().items() if layer == layers.SQL}
    bodies = of_type(app, "AWS::Serverless::Function").items()
    joining = {name: body["VpcConfig"] for name, body in bodies if "VpcConfig" in body}
    inside = {"SubnetIds": {"Ref": "SqlSubnets"}, "SecurityGroupIds": {"Ref": "SqlSecurityGroups"}}

    assert set(joining) == {logical(name) for name in with_drivers} >= {"StoreAPIHandler"}
    assert all(each == {"Fn::If": ["SqlInVpc", inside, {"Ref": "AWS::NoValue"}]} for each in joining.values())
    assert app["Conditions"]["SqlInVpc"] == {
        "Fn::Not": [{"Fn::Equals": [{"Fn::Join": ["", {"Ref": "SqlSubnets"}]}, ""]}]
    }
    roles = of_type(app, "AWS::IAM::Role")
    attached = {name for name, role in roles.items() if "ManagedPolicyArns" in role}
    assert attached == {logical(f"{name}-role") for name in with_drivers}


def test_every_function_runs_the_python_that_packaged_it(app: dict[str, Any]) -> None:
    runtimes = {body["Runtime"] for body in of_type(app, "AWS::Serverless::Function").values()}
    versions = [body["CompatibleRuntimes"] for body in of_type(app, "AWS::Lambda::LayerVersion").values()]

    assert runtimes == {f"python{sys.version_info.major}.{sys.version_info.minor}"}
    assert versions == [[*runtimes]] * 2


def test_everything_is_watched(app: dict[str, Any], watch: dict[str, Any]) -> None:
    alarms = of_type(watch, "AWS::CloudWatch::Alarm").values()
    [throttles] = [alarm for alarm in alarms if not alarm["Dimensions"]]
    assert throttles["MetricName"] == "Throttles"
    alarmed = {(alarm["MetricName"], alarm["Dimensions"][0]["Value"]) for alarm in alarms if alarm["Dimensions"]}
    names = [function["FunctionName"] for function in of_type(app, "AWS::Serverless::Function").values()]
    assert len(names) == len(functions())

    assert alarmed == {
        ("5XXError", "backroom-prod"),
        ("Latency", "backroom-prod"),
        *(("Errors", name) for name in names),
        *(("ApproximateAgeOfOldestMessage", f"backroom-prod-{c.queue}") for c in handlers.consumers()),
        *(("ApproximateNumberOfMessagesVisible", f"backroom-prod-{c.queue}-dead") for c in handlers.consumers()),
        *((metric, "prod") for metric in ("InvariantsBroken", "RulesOverdue", "PrivacyRequestsNearDue", "StepsFailed")),
        ("RowsUnreadable", "prod"),
        ("OldestOpenPrint", "prod"),
        ("OldestPart", "prod"),
        ("JournalFoundOpen", "prod"),
        ("UsageDiffers", "prod"),
        ("PaymentsFailing", "prod"),
        *((metric, "prod") for metric in ("SubscriptionsWithoutPlan", "DeliveriesOfOtherVersion")),
        *((metric, "prod") for metric in ("ErasuresOverdue", "MailsFailed", "OldestDueNotice", "OldestPendingIdea")),
        *((metric, "prod") for metric in ("AccountMailsFailed", "JobsStuck", "LongestLapsedJob", "StoresNearLimit")),
    }
    own_metrics = {alarm["Dimensions"][1]["Value"] for alarm in alarms if alarm["MetricName"] == "InvariantsBroken"}
    assert own_metrics == set(INVARIANTS)
    step_metrics = {alarm["Dimensions"][1]["Value"] for alarm in alarms if alarm["MetricName"] == "StepsFailed"}
    sources = "".join(path.read_text() for path in (ROOT / "chalicelib").rglob("service/*.py"))
    assert step_metrics == set(re.findall(r'Batch\("([\w-]+)"\)', sources))
    assert all(alarm["AlarmActions"] == [{"Ref": "AlarmTopic"}] for alarm in alarms)
    assert app["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]["info"]["title"] == "backroom-prod"


def test_a_paid_print_that_waits_30_minutes_raises_an_alarm_and_so_does_silence(watch: dict[str, Any]) -> None:
    alarms = of_type(watch, "AWS::CloudWatch::Alarm").values()
    [alarm] = [alarm for alarm in alarms if alarm["MetricName"] == "OldestOpenPrint"]
    assert (alarm["Namespace"], alarm["Statistic"], alarm["Threshold"]) == ("Backroom", "Maximum", 30 * 60)
    assert alarm["Dimensions"] == [{"Name": "stage", "Value": "prod"}]
    assert alarm["TreatMissingData"] == "breaching"


def test_the_dashboard_shows_every_function_and_queue(app: dict[str, Any], watch: dict[str, Any]) -> None:
    text = watch["Resources"]["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    metric_names = {
        value
        for widget in json.loads(text)["widgets"]
        for metric in widget["properties"]["metrics"]
        for value in metric
        if isinstance(value, str)
    }

    assert {body["FunctionName"] for body in of_type(app, "AWS::Serverless::Function").values()} <= metric_names
    for consumer in handlers.consumers():
        assert {f"backroom-prod-{consumer.queue}", f"backroom-prod-{consumer.queue}-dead"} <= metric_names


def test_only_functions_that_read_parquet_have_duckdb_and_space_for_its_files(app: dict[str, Any]) -> None:
    with_layer = {
        body["FunctionName"]: (body["Layers"], body["EphemeralStorage"])
        for body in of_type(app, "AWS::Serverless::Function").values()
        if body.get("Layers") == [{"Ref": "DuckdbLayer"}]
    }

    names = {f"retention-{verb}" for verb in ("sweep_segment", "erase_subject", "export_subject")}
    computations = ("ingest_events", "compute_day", "compute_experiment", "close_site_day", "run_report")
    names |= {f"analytics-{verb}" for verb in computations} | {"discounts-record_usage"}
    assert with_layer == {f"backroom-prod-{name}": ([{"Ref": "DuckdbLayer"}], {"Size": 4096}) for name in names}
