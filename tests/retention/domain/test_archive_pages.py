"""The pure side: keys, months, texts."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.retention.domain import archive_pages
from chalicelib.retention.domain.archive_pages import ExpiredRow, Item, SegmentCursor

MOMENTS = st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
TEXTS = st.text(max_size=20)
VALUES = st.recursive(
    st.one_of(
        TEXTS.map(lambda text: {"S": text}),
        st.decimals(allow_nan=False, allow_infinity=False).map(lambda number: {"N": str(number)}),
        st.booleans().map(lambda flag: {"BOOL": flag}),
        st.just({"NULL": True}),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda members: {"L": members}),
        st.dictionaries(TEXTS, inner, max_size=3).map(lambda members: {"M": members}),
    ),
)
ITEMS = st.dictionaries(TEXTS, VALUES, max_size=5)


@given(ITEMS)
def test_item_round_trips_through_json(item: archive_pages.Item) -> None:
    assert archive_pages.decode_item(archive_pages.encode_item(item)) == item
    assert archive_pages.encode_item(dict(reversed(item.items()))) == archive_pages.encode_item(item)


@given(ITEMS)
def test_every_item_is_a_flat_row_of_texts(item: archive_pages.Item) -> None:
    cells = archive_pages.cells(item)
    assert set(cells) == {*item, archive_pages.ITEM}
    assert all(cell is None or isinstance(cell, str) for cell in cells.values())


def test_cells_are_readable_texts() -> None:
    item: archive_pages.Item = {
        "text": {"S": "a"},
        "number": {"N": "1.50"},
        "yes": {"BOOL": True},
        "no": {"BOOL": False},
        "nothing": {"NULL": True},
        "names": {"L": [{"S": "a"}, {"S": "ü"}]},
        "mixed": {"L": [{"S": "a"}, {"N": "1"}]},
        "nested": {"M": {"b": {"N": "1"}}},
    }
    cells = archive_pages.cells(item)
    del cells[archive_pages.ITEM]
    assert cells == {
        "text": "a",
        "number": "1.50",
        "yes": "true",
        "no": "false",
        "nothing": None,
        "names": '["a", "ü"]',
        "mixed": '[{"S": "a"}, {"N": "1"}]',
        "nested": '{"b": {"N": "1"}}',
    }


@given(st.lists(MOMENTS, max_size=20))
def test_rows_are_grouped_by_month_oldest_first(moments: list[datetime]) -> None:
    months = archive_pages.by_month(ExpiredRow({}, moment) for moment in moments)
    assert list(months) == sorted({(moment.year, moment.month) for moment in moments})
    assert sum(map(len, months.values())) == len(moments)
    for (year, month), members in months.items():
        assert all((row.moment.year, row.moment.month) == (year, month) for row in members)


@given(MOMENTS, st.timedeltas(timedelta(seconds=1), timedelta(days=9999)))
def test_runs_sort_by_time(due: datetime, later: timedelta) -> None:
    assert archive_pages.run_id(due) < archive_pages.run_id(due + later)


def test_file_names_do_not_depend_on_the_attempt() -> None:
    run = archive_pages.run_id(datetime(2028, 2, 29, 3, tzinfo=UTC))
    assert run == "20280229T030000Z"
    assert archive_pages.archive_id(run, 3, 12, (2026, 2)) == "20280229T030000Z-03-000012-202602"
    assert archive_pages.s3_key("shops/installation_logs", run, 3, 12, (2026, 2)) == (
        "archive/shops/installation_logs/year=2026/month=02/20280229T030000Z-03-000012.parquet"
    )


def test_manifest_ids_identify_their_page() -> None:
    run = "20280229T030000Z"
    ids = [archive_pages.archive_id(run, segment, page, (2026, 2)) for segment in (1, 11) for page in (2, 22)]
    for segment in (1, 11):
        for page in (2, 22):
            assert len([one for one in ids if one.startswith(archive_pages.page_id(run, segment, page))]) == 1


def test_segment_cursors_round_trip_through_json() -> None:
    place = SegmentCursor().next({"id": {"S": "x"}}).announce()
    assert place == SegmentCursor(1, {"id": {"S": "x"}}, announced=True)
    assert not place.next(place.after).announced
    assert json.loads(json.dumps(place.after)) == place.after


def test_binaries_round_trip_exactly() -> None:
    item: Item = {
        "key": {"S": "a"},
        "one": {"B": b"\x00\xff"},
        "many": {"BS": [b"a", b"b"]},
        "deep": {"M": {"list": {"L": [{"B": b"c"}, {"NULL": True}]}}},
    }
    assert archive_pages.decode_item(archive_pages.encode_item(item)) == item
    assert archive_pages.cells(item)["one"] == '"AP8="'
