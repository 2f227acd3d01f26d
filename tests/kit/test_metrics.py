"""Metrics in the embedded metric format."""

from __future__ import annotations

import json

import pytest

from chalicelib.kit.metrics import MESSAGES_FAILED


def test_a_count_is_one_line_that_cloudwatch_reads(
    production_settings: None, capsys: pytest.CaptureFixture[str]
) -> None:
    MESSAGES_FAILED.count(3, handler="studio-generate_preview")
    [line] = capsys.readouterr().out.splitlines()
    document = json.loads(line)
    [directive] = document["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == "Backroom"
    assert directive["Metrics"] == [{"Name": "MessagesFailed", "Unit": "Count"}]
    assert set(directive["Dimensions"][0]) == {"stage", "handler"}
    assert (document["handler"], document["stage"], document["MessagesFailed"]) == (
        "studio-generate_preview",
        "prod",
        [3],
    )


def test_a_person_s_terminal_stays_clean(capsys: pytest.CaptureFixture[str]) -> None:
    MESSAGES_FAILED.count(handler="studio-generate_preview")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("dimensions", [{}, {"queue": "a"}, {"handler": "a", "queue": "a"}])
def test_other_dimensions_than_the_declared_ones_are_refused(dimensions: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="MessagesFailed has the dimensions"):
        MESSAGES_FAILED.count(**dimensions)
