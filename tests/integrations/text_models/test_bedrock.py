"""The Converse API of Bedrock, validated by the service description of botocore; answers of any form."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError
from botocore.stub import ANY, Stubber
from botocore.validate import ParamValidator

from chalicelib.integrations.text_models import bedrock, selection
from chalicelib.integrations.text_models.failures import TextModelUnavailable, TextRefused, UnusableAnswer
from chalicelib.integrations.text_models.selection import TextRequest, choose_text_model
from chalicelib.kit import aws, config

PROFILE = "us.amazon.nova-lite-v1:0"
REQUEST = TextRequest("date_idea", {"mood": "calm", "love_language": "quality_time"}, 3, "seed")
ITEMS = [{"title": f"T{number}", "text": f"Text {number}"} for number in range(3)]


def validate(params: dict[str, Any], model: Any, **_: Any) -> None:
    """Check the request against the service description; our clients do not (`parameter_validation`)."""
    errors = ParamValidator().validate(params, model.input_shape)
    assert not errors.has_errors(), errors.generate_report()


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubber]:
    monkeypatch.setenv("TEXT_MODEL", f"bedrock:{PROFILE}")
    config.forget_settings()
    client = aws.client("bedrock-runtime", config.settings().bedrock_region, bedrock.READ_SECONDS, attempts=1)
    client.meta.events.register("before-parameter-build.bedrock-runtime.Converse", validate)
    with Stubber(client) as stubber:
        yield stubber
    aws.forget_clients()
    monkeypatch.undo()
    config.forget_settings()


def answer(stub: Stubber, text: str, stop_reason: str = "end_turn") -> None:
    response = {
        "output": {"message": {"role": "assistant", "content": [{"text": text}]}},
        "stopReason": stop_reason,
        "usage": {"inputTokens": 1, "outputTokens": 1, "totalTokens": 2},
        "metrics": {"latencyMs": 1},
    }
    expected = {"modelId": PROFILE, "system": ANY, "messages": ANY, "inferenceConfig": ANY}
    stub.add_response("converse", response, expected)


def write() -> selection.GeneratedText:
    return choose_text_model(config.settings().text_model)(REQUEST)


@pytest.mark.parametrize("around", ["{}", "Here you are:\n```json\n{}\n```\nEnjoy!"])
def test_the_items_of_an_answer_are_read(stub: Stubber, around: str) -> None:
    answer(stub, around.replace("{}", json.dumps([*ITEMS, {"title": "T4", "text": "more"}])))
    text = write()
    assert text.items == tuple((item["title"], item["text"]) for item in ITEMS)
    assert text.model == f"bedrock/{PROFILE}"


@pytest.mark.parametrize(
    "text",
    [
        "Go for a walk.",
        "",
        "[]",
        json.dumps(ITEMS[:2]),
        json.dumps([*ITEMS[:2], "walk"]),
        json.dumps([*ITEMS[:2], {"title": "T", "text": None}]),
        json.dumps([*ITEMS[:2], {"title": "T", "text": " "}]),
        json.dumps([*ITEMS[:2], {"title": "T", "text": "x" * 601}]),
        json.dumps({"items": "]["}),
    ],
)
def test_prose_and_other_json_are_unusable(stub: Stubber, text: str) -> None:
    answer(stub, text)
    with pytest.raises(UnusableAnswer):
        write()


@pytest.mark.parametrize("reason", ["content_filtered", "guardrail_intervened"])
def test_moderation_is_a_refusal(stub: Stubber, reason: str) -> None:
    answer(stub, "I cannot", reason)
    with pytest.raises(TextRefused):
        write()


@pytest.mark.parametrize(
    ("code", "status"),
    [("ThrottlingException", 429), ("ModelTimeoutException", 408), ("AccessDeniedException", 403), ("Any", 500)],
)
def test_errors_of_the_service_may_pass(stub: Stubber, code: str, status: int) -> None:
    stub.add_client_error("converse", code, "no", status)
    with pytest.raises(TextModelUnavailable, match=code):
        write()


def test_a_timeout_may_pass(stub: Stubber, monkeypatch: pytest.MonkeyPatch) -> None:
    def time_out(**_: Any) -> None:
        raise ReadTimeoutError(endpoint_url="x")

    client = aws.client("bedrock-runtime", config.settings().bedrock_region, bedrock.READ_SECONDS, attempts=1)
    monkeypatch.setattr(client, "converse", time_out)
    with pytest.raises(TextModelUnavailable, match="ReadTimeoutError"):
        write()
