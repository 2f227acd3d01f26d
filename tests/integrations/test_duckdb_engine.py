"""The database in memory: its rows come from one run of the query, in batches."""

from __future__ import annotations

from itertools import islice

import pytest

from chalicelib.integrations.duckdb_engine import open_database
from chalicelib.integrations.parquet import Kind


@pytest.mark.parametrize("batch", [1, 7, 100, 10_000])
def test_rows_are_complete_and_in_order_whatever_the_batch(batch: int) -> None:
    with open_database() as database:
        rows = list(database.iterate("SELECT i, i * 2 AS double FROM range(100) numbers(i) ORDER BY i", batch))

    assert rows == [{"i": number, "double": number * 2} for number in range(100)]


def test_statements_between_two_batches_do_not_change_the_rows() -> None:
    with open_database() as database:
        database.create_table("numbers", {"number": Kind.INTEGER}, [(number,) for number in range(100)])
        database.set_variables({"step": 1})
        rows = database.iterate("SELECT number + getvariable('step') AS number FROM numbers ORDER BY 1", batch=10)
        first = list(islice(rows, 15))
        database.set_variables({"step": 1000})
        database.run("DELETE FROM numbers")
        others = database.rows("SELECT count(*) AS total FROM numbers")
        rest = list(rows)

    assert [row["number"] for row in (*first, *rest)] == list(range(1, 101))
    assert others == [{"total": 0}]


def test_a_query_without_rows_yields_none() -> None:
    with open_database() as database:
        assert database.rows("SELECT 1 AS one WHERE false") == []


def test_a_value_leaves_no_unread_result_that_blocks_the_next_query() -> None:
    with open_database() as database:
        database.create_table("numbers", {"number": Kind.INTEGER}, [(number,) for number in range(100)])

        assert database.value("SELECT count(*) FROM numbers") == 100
        assert database.rows("SELECT max(number) AS largest FROM numbers") == [{"largest": 99}]
        assert database.value("SELECT number FROM numbers WHERE number > 1000") is None
