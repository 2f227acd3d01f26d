"""Metrics in the embedded metric format."""

from __future__ import annotations

import json

import pytest

from chalicelib.kit import metrics


def test_a_count_is_one_line_in_the_cloudwatch_format(
    production_settings: None, capsys: pytest.CaptureFixture[str]
) -> None:
    metrics.count("MessagesFailed", 3, handler="studio-generate_preview")
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


def test_no_metric_is_printed_on_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    metrics.count("MessagesFailed", handler="studio-generate_preview")
    assert capsys.readouterr().out == ""
