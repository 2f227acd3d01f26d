"""Anonymising Parquet files: which events are a person's, and what stays of them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.integrations import lake_files, parquet
from chalicelib.kit.lakes import PersonColumns
from tests.examples import examples
from tests.retention.lakes import COLUMNS, FIRSTS_COLUMNS, SAMPLE, rows

Event = dict[str, str | None]

NAMES = st.sampled_from([None, "ada", "bob", "eve"])
KEYS = st.sampled_from([None, "k1", "k2", "k3"])
EVENTS = st.lists(
    st.fixed_dictionaries({"user_id": NAMES, "session_id": KEYS, "visitor": KEYS}), min_size=1, max_size=8
)


def anonymised(files: list[list[Event]], folder: Path, *users: str, columns: PersonColumns = SAMPLE.columns) -> Any:
    """Return the rows of each file after it was rewritten without the users."""
    paths = []
    for number, events in enumerate(files):
        path = folder / f"{number}.parquet"
        path.write_bytes(
            parquet.write(COLUMNS, ({"id": str(n), "path": "/x", **each} for n, each in enumerate(events)))
        )
        paths.append(path)
    results = []
    with lake_files.open_files(columns, users, "secret", paths) as opened:
        for path in paths:
            target = path.with_suffix(".new")
            opened.anonymise(path, target)
            results.append(rows(target.read_bytes()))
    return results


def own(files: list[list[Event]], user: str) -> list[list[bool]]:
    """Say by plain Python which events are the user's."""
    users: dict[str, set[str]] = {}
    for each in (event for events in files for event in events):
        key = each["session_id"] or each["visitor"]
        if key and each["user_id"]:
            users.setdefault(key, set()).add(each["user_id"])
    return [
        [
            each["user_id"] == user
            or (each["user_id"] is None and users.get(each["session_id"] or each["visitor"] or "") == {user})
            for each in events
        ]
        for events in files
    ]


@settings(max_examples=examples(8))
@given(files=st.lists(EVENTS, min_size=1, max_size=2))
def test_exactly_the_events_of_the_person_are_rewritten(
    tmp_path_factory: pytest.TempPathFactory, files: list[list[Event]]
) -> None:
    results = anonymised(files, tmp_path_factory.mktemp("lake"), "ada")
    assert [[row["path"] is None for row in found] for found in results] == own(files, "ada")
    before = [each for events in files for each in events]
    after = [row for found in results for row in found]
    sizes = [sorted(Counter(each["user_id"] for each in events).values()) for events in (before, after)]
    assert sizes[0] == sizes[1], "persons are counted as before"
    for event, row in zip(before, after, strict=True):
        if row["path"] is not None:
            assert {name: row[name] for name in event} == event


def test_a_visit_is_found_after_a_crash_has_left_half_of_the_files(tmp_path: Path) -> None:
    known: list[Event] = [{"user_id": "ada", "session_id": "s", "visitor": None}]
    unknown: list[Event] = [{"user_id": None, "session_id": "s", "visitor": None}]
    anonymised([known, unknown], tmp_path, "ada")
    files = [tmp_path / "0.new", tmp_path / "1.parquet"]
    with lake_files.open_files(SAMPLE.columns, ["ada"], "secret", files) as opened:
        assert [opened.count(file) for file in files] == [0, 1]


def test_the_output_is_the_same_for_the_same_secret(tmp_path: Path) -> None:
    events: list[list[Event]] = [[{"user_id": "ada", "session_id": "s", "visitor": None}]]
    contents = []
    for _ in range(2):
        anonymised(events, tmp_path, "ada")
        contents.append((tmp_path / "0.new").read_bytes())
    assert contents[0] == contents[1]


@pytest.mark.parametrize("data", ["[1]", "not JSON", None, "{}", '{"other":1}', '{"test":null}'])
def test_data_without_kept_keys_is_empty(tmp_path: Path, data: str | None) -> None:
    [[row]] = anonymised([[{"user_id": "ada", "session_id": "s", "visitor": None, "data": data}]], tmp_path, "ada")
    assert row["data"] in (None, "{}")


def test_names_with_quotes_are_values(tmp_path: Path) -> None:
    name = "o'hara\"; DROP TABLE persons; --"
    [[row, other]] = anonymised(
        [
            [
                {"user_id": name, "session_id": "s'", "visitor": None},
                {"user_id": "o", "session_id": None, "visitor": "v"},
            ]
        ],
        tmp_path,
        name,
    )
    assert row["user_id"].startswith("erased-")
    assert other["user_id"] == "o"


def test_several_persons_have_different_substitutes(tmp_path: Path) -> None:
    events: list[Event] = [{"user_id": name, "session_id": name, "visitor": None} for name in ("ada", "bob", "eve")]
    [[ada, bob, eve]] = anonymised([events], tmp_path, "ada", "bob")
    assert len({ada["user_id"], bob["user_id"], "eve"}) == 3
    assert eve["user_id"] == "eve"


def test_a_file_without_visits_is_rewritten_by_its_persons(tmp_path: Path) -> None:
    file, target = tmp_path / "firsts.parquet", tmp_path / "new.parquet"
    firsts = [{"name": "opened", "user_id": user, "day": "2026-10-01"} for user in ("ada", "bob")]
    file.write_bytes(parquet.write(FIRSTS_COLUMNS, firsts))
    with lake_files.open_files(SAMPLE.columns, ["ada"], "secret", [file]) as opened:
        assert opened.count(file) == 1
        opened.anonymise(file, target)
    ada, bob = rows(target.read_bytes())
    assert ada["user_id"].startswith("erased-")
    assert (bob["user_id"], str(bob["day"])) == ("bob", "2026-10-01")
