"""Request and response schemas."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from pydantic import ValidationError

from chalicelib.kit.schemas import Amount, Input, PageQuery, Schema, Timestamp, TimestampInput


class PlanRead(Schema):
    price: Amount
    since: Timestamp


class PlanUpdate(Input):
    name: str
    price: Amount | None = None


class Window(Input):
    since: TimestampInput


@dataclass
class Row:
    price: Decimal
    since: datetime
    secret: str = "x"


def test_a_response_has_only_declared_fields() -> None:
    row = Row(Decimal("19.90"), datetime(2024, 2, 29, 12, tzinfo=timezone(timedelta(hours=2))))
    assert json.loads(PlanRead.of(row).model_dump_json()) == {
        "price": "19.90",
        "since": "2024-02-29T10:00:00.000000Z",
    }


def test_amounts_are_strings_without_exponent() -> None:
    for text in ("1E+3", "0.00000001", "-5"):
        body = json.loads(PlanRead(price=Decimal(text), since=datetime.now(UTC)).model_dump_json())["price"]
        assert "E" not in body
        assert Decimal(body) == Decimal(text)


@pytest.mark.parametrize("body", ['{"name": "x", "nmae": "y"}', '{"name": null}', '{"name": "x", "price": "NaN"}'])
def test_input_is_strict(body: str) -> None:
    with pytest.raises(ValidationError):
        PlanUpdate.model_validate_json(body)


def test_input_is_stripped() -> None:
    assert PlanUpdate.model_validate_json('{"name": "  x "}').name == "x"


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2024-01-01T00:00:00"])
def test_a_time_outside_the_utc_range_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        Window.model_validate({"since": text})


def test_an_input_time_is_converted_to_utc() -> None:
    assert Window.model_validate({"since": "2024-02-29T12:00:00+02:00"}).since == datetime(2024, 2, 29, 10, tzinfo=UTC)


def test_a_naive_time_is_rejected() -> None:
    with pytest.raises(ValidationError):
        PlanRead.model_validate({"price": "1", "since": "2024-01-01T00:00:00"})


def test_pages_have_a_default_size() -> None:
    assert (PageQuery().limit, PageQuery().cursor) == (50, None)
    with pytest.raises(ValidationError):
        PageQuery.model_validate({"limit": 101})
