"""Attribute types round-trip exactly through the engine."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pynamodb.attributes import Attribute

from chalicelib.kit import attributes, aws
from chalicelib.kit.models import Lock

ROOT = Path(__file__).resolve().parents[2]


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


def store_and_read(attribute: Attribute[Any], value: Any) -> Any:
    """Store the value in a table and return it as read."""
    dynamodb, table = aws.client("dynamodb"), Lock.Meta.table_name
    serialized_value = {attribute.attr_type: attribute.serialize(value)}
    dynamodb.put_item(TableName=table, Item={"name": {"S": "x"}, "value": serialized_value})
    item = dynamodb.get_item(TableName=table, Key={"name": {"S": "x"}}, ConsistentRead=True)["Item"]
    return attribute.deserialize(item["value"][attribute.attr_type])


over_the_engine = settings(
    max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@over_the_engine
@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**18), max_value=10**18, places=8))
def test_decimals_are_exact(value: Decimal) -> None:
    assert store_and_read(attributes.DecimalAttribute(personal=False), value) == value


@pytest.mark.parametrize("text", ["0.1", "1E+20", "-0.00", "12345678901234567890.123456789012345678", "1e-20"])
def test_decimals_of_every_size(text: str) -> None:
    assert store_and_read(attributes.DecimalAttribute(personal=False), Decimal(text)) == Decimal(text)


def test_a_float_is_rejected_as_a_decimal() -> None:
    with pytest.raises(TypeError):
        attributes.DecimalAttribute(personal=False).serialize(0.1)  # type: ignore[arg-type]


@over_the_engine
@given(st.integers(-(10**37), 10**37))
def test_whole_numbers(value: int) -> None:
    assert store_and_read(attributes.IntegerAttribute(personal=False), value) == value


@pytest.mark.parametrize("value", [True, 1.0, "1", Decimal(1)])
def test_other_values_are_rejected_as_whole_numbers(value: Any) -> None:
    with pytest.raises(TypeError):
        attributes.IntegerAttribute(personal=False).serialize(value)


@over_the_engine
@given(st.datetimes(timezones=st.timezones(), min_value=datetime(1900, 1, 1), max_value=datetime(2200, 1, 1)))
def test_times_of_any_zone_round_trip(value: datetime) -> None:
    assert store_and_read(attributes.DateTimeAttribute(personal=False), value) == value.astimezone(UTC)


@given(st.datetimes(timezones=st.just(UTC)), st.datetimes(timezones=st.just(UTC)))
def test_times_sort_as_text(one: datetime, other: datetime) -> None:
    serialize = attributes.DateTimeAttribute(personal=False).serialize
    assert (serialize(one) < serialize(other)) == (one < other)


def test_a_time_is_stored_as_iso_with_z() -> None:
    moment = datetime(2024, 2, 29, 12, 0, tzinfo=timezone(timedelta(hours=2)))
    assert attributes.DateTimeAttribute(personal=False).serialize(moment) == "2024-02-29T10:00:00.000000Z"
    with pytest.raises(ValueError, match="time zone"):
        attributes.DateTimeAttribute(personal=False).serialize(datetime(2024, 1, 1))


def test_an_expiry_is_epoch_seconds() -> None:
    moment = datetime(2024, 2, 29, 12, 0, 0, 999999, tzinfo=UTC)
    assert attributes.ExpiryAttribute(personal=False).serialize(moment) == "1709208000"
    assert store_and_read(attributes.ExpiryAttribute(personal=False), moment) == moment.replace(microsecond=0)


def test_days() -> None:
    assert store_and_read(attributes.DateAttribute(personal=False), date(2024, 2, 29)) == date(2024, 2, 29)
    assert attributes.DateAttribute(personal=False).serialize(date(2024, 2, 29)) == "2024-02-29"


def test_enums_reject_other_values() -> None:
    attribute = attributes.EnumAttribute(Colour, personal=False)
    assert store_and_read(attribute, Colour.RED) is Colour.RED
    for bad in ("green", ""):
        with pytest.raises(ValueError, match="not a valid Colour"):
            attribute.serialize(bad)  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="not a valid Colour"):
            attribute.deserialize(bad)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


@given(JSON)
def test_json_round_trips(value: Any) -> None:
    attribute = attributes.JsonAttribute(personal=False)
    assert attribute.deserialize(attribute.serialize(value)) == value


def test_json_store_and_read_with_decimals_and_times_as_text() -> None:
    value = {"price": Decimal("19.90"), "at": datetime(2024, 1, 1, tzinfo=UTC), "day": date(2024, 1, 1), "ü": [1, None]}
    assert store_and_read(attributes.JsonAttribute(personal=False), value) == {
        "price": "19.90",
        "at": "2024-01-01T00:00:00.000000Z",
        "day": "2024-01-01",
        "ü": [1, None],
    }
    with pytest.raises(TypeError):
        attributes.JsonAttribute(personal=False).serialize({"x": object()})


@over_the_engine
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), max_size=5))
def test_lists_of_strings_keep_their_order(value: list[str]) -> None:
    assert store_and_read(attributes.StringListAttribute(personal=False), value) == value


def test_a_secret_must_be_encrypted() -> None:
    attribute = attributes.SecretAttribute(personal=False)
    assert store_and_read(attribute, "file:k1:YWJj") == "file:k1:YWJj"
    with pytest.raises(ValueError, match="encrypted"):
        attribute.serialize("shpat_plain")


@pytest.mark.parametrize("name", attributes.__all__)
def test_an_attribute_without_personal_is_rejected(name: str) -> None:
    arguments = [Colour] if name == "EnumAttribute" else []
    attribute = getattr(attributes, name)
    with pytest.raises(TypeError, match="'personal'"):
        attribute(*arguments, null=True)
    assert attribute(*arguments, personal=True, null=True).personal is True
    assert attribute(*arguments, personal=False).personal is False


def test_mypy_rejects_an_attribute_without_personal(tmp_path: Path) -> None:
    """Each line with `# error` has one, and no other line has."""
    bare = {name: "Kind" if name == "EnumAttribute" else "" for name in attributes.__all__}
    lines = [
        "from enum import StrEnum",
        "from chalicelib.kit.attributes import *",
        "class Kind(StrEnum):",
        "    ONE = 'one'",
        *(f"{name}({kind})  # error" for name, kind in bare.items()),
        "UnicodeAttribute(True, personal=False)  # error",
        "UnicodeAttribute(personal=None)  # error",
        "UnicodeAttribute(personal=False, hashkey=True)  # error",
        "IntegerAttribute(personal=False, default='0')  # error",
        *(f"{name}({kind + ', ' if kind else ''}personal=True, null=True)" for name, kind in bare.items()),
        "UnicodeAttribute(personal=True, hash_key=True)",
    ]
    snippet = tmp_path / "snippet.py"
    snippet.write_text("\n".join(lines) + "\n")
    command = [sys.executable, "-m", "mypy", "--config-file", "pyproject.toml", "--cache-dir", str(tmp_path / "cache")]
    process = subprocess.run([*command, str(snippet)], cwd=ROOT, capture_output=True, text=True, check=False)
    found = re.findall(r"snippet\.py:(\d+): error: (.+?)  \[", process.stdout)
    assert {int(number) for number, _ in found} == {n for n, line in enumerate(lines, 1) if line.endswith("# error")}, (
        process.stdout + process.stderr
    )
    missing = [message for _, message in found if message.startswith('Missing named argument "personal"')]
    assert len(missing) == len(bare)
