"""Templates have only allowed placeholders, and shopper texts are sanitized."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.studio.domain import prompt
from chalicelib.studio.domain.prompt import PromptRefused


def test_placeholders_are_filled_and_absent_ones_empty() -> None:
    assert (
        prompt.render_prompt("A {style} of {product}. {text}", {"style": "sketch", "product": "Mia"})
        == "A sketch of Mia."
    )


@pytest.mark.parametrize(
    "template",
    [
        "{style.__class__}",
        "{style[0]}",
        "{style!r}",
        "{style:>100}",
        "{}",
        "{0}",
        "{secret}",
        "{style",
        "style}",
        "{{style}",
        "  ",
        "x" * 2001,
    ],
)
def test_other_placeholders_are_refused(template: str) -> None:
    with pytest.raises(PromptRefused):
        prompt.check_template(template)


def test_the_refusal_names_the_placeholder() -> None:
    with pytest.raises(PromptRefused, match=r"\{customer\}"):
        prompt.check_template("A {customer}")


def test_escaped_braces_are_text() -> None:
    assert prompt.render_prompt("{{style}} {style}", {"style": "oil"}) == "{style} oil"


@given(st.text(max_size=500))
def test_the_text_of_a_shopper_is_one_short_line_without_braces(text: str) -> None:
    clean = prompt.clean_text(text)
    assert len(clean) <= prompt.MAX_TEXT
    assert not set(clean) & set("{}\n\r\t\x00\u202e\u200b")
    assert prompt.render_prompt("{text}", {"text": text}) == clean
