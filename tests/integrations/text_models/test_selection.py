"""The choice of the text model, and the local one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.integrations.text_models.selection import (
    MAX_TEXT,
    MAX_TITLE,
    TextRequest,
    UnknownTextModel,
    choose_text_model,
)

REQUEST = TextRequest("conversation_prompt", {"mood": "deep", "love_language": "quality_time"}, 3, "seed")


@pytest.mark.parametrize("task", ["conversation_prompt", "date_idea"])
def test_the_local_model_is_deterministic(task: str) -> None:
    write, request = choose_text_model("local"), replace(REQUEST, task=task)
    text = write(request)
    assert text == write(request)
    assert len(set(text.items)) == 3
    assert all(len(title) <= MAX_TITLE and len(body) <= MAX_TEXT for title, body in text.items)
    assert "quality time" in text.items[0][1]
    others = {write(replace(request, seed=str(number))).items for number in range(20)}
    assert len(others) > 10


def test_an_unknown_model_is_refused() -> None:
    with pytest.raises(UnknownTextModel, match="TEXT_MODEL='gpt'"):
        choose_text_model("gpt")
