"""Amazon Bedrock's Converse API, which is the same for every text model. The inference profile is configured.

Sources: docs.aws.amazon.com/bedrock, "Converse" (API reference: request, `stopReason`, errors), "Use an inference profile
in model invocation".
"""

from __future__ import annotations

import json
from typing import Any

from chalicelib.integrations.text_models.failures import (
    TextModelUnavailable,
    TextRefused,
    UnusableAnswer,
)
from chalicelib.integrations.text_models.selection import MAX_TEXT, MAX_TITLE, GeneratedText, TextRequest
from chalicelib.kit import aws, config

READ_SECONDS = 40
MAX_TOKENS = 1_000
TEMPERATURE = 0.9
_REFUSALS = {"content_filtered", "guardrail_intervened"}
_TASKS = {
    "conversation_prompt": "conversation prompts, questions that a couple can talk about for half an hour",
    "date_idea": "ideas for a date of a couple, each of which can be carried out without further research",
}
_SYSTEM = (
    "You write for a couples app. Be kind and concrete; nothing sexual, medical, political or dangerous. "
    'Answer with JSON alone: an array of objects {"title": string of at most 80 characters, "text": string of at most '
    "400 characters}."
)


def write_text(request: TextRequest) -> GeneratedText:
    """Return what the model writes. Raises TextRefused, UnusableAnswer, TextModelUnavailable."""
    profile = config.settings().bedrock_text_profile
    options = "; ".join(f"{name.replace('_', ' ')}: {value}" for name, value in sorted(request.options.items()))
    prompt = f"Write {request.count} {_TASKS[request.task]}. {options or 'No further wishes'}."
    answer = _converse(profile, prompt)
    if answer.get("stopReason") in _REFUSALS:
        raise TextRefused(f"{profile}: {answer['stopReason']}")
    return GeneratedText(_items(answer, request.count), f"bedrock/{profile}")


def _converse(profile: str, prompt: str) -> dict[str, Any]:
    from botocore.exceptions import BotoCoreError, ClientError

    client = aws.client("bedrock-runtime", config.settings().bedrock_region, READ_SECONDS, attempts=1)
    try:
        return dict(
            client.converse(
                modelId=profile,
                system=[{"text": _SYSTEM}],
                messages=[{"role": "user", "content": [{"text": prompt}]}],
                inferenceConfig={"maxTokens": MAX_TOKENS, "temperature": TEMPERATURE},
            )
        )
    except ClientError as error:
        raise TextModelUnavailable(f"{profile}: {error.response['Error']['Code']}") from error
    except BotoCoreError as error:
        raise TextModelUnavailable(f"{profile}: {type(error).__name__}") from error


def _items(answer: dict[str, Any], count: int) -> tuple[tuple[str, str], ...]:
    """Return the first `count` items of the answer; text around the JSON array is ignored. Raises UnusableAnswer."""
    try:
        text = "".join(block.get("text", "") for block in answer["output"]["message"]["content"])
        rows = json.loads(text[text.index("[") : text.rindex("]") + 1])
        items = tuple((row["title"].strip(), row["text"].strip()) for row in rows[:count])
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise UnusableAnswer(type(error).__name__) from error
    is_short = all(0 < len(title) <= MAX_TITLE and 0 < len(text) <= MAX_TEXT for title, text in items)
    if len(items) < count or not is_short:
        raise UnusableAnswer(f"{len(items)} items")
    return items
