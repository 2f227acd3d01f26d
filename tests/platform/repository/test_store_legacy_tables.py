"""Reads of legacy tables: every row once for each type of key, and tables whose key has no order that can be read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import TypeAdapter
from sqlalchemy import Connection, event

from chalicelib.integrations.sql.servers import Dialect
from chalicelib.kit import ids
from chalicelib.platform.domain.legacy_rows import legacy_id
from chalicelib.platform.repository.store_legacy_tables import (
    LegacyTable,
    find_legacy_table,
    legacy_key,
    read_legacy_range,
)
from chalicelib.platform.schemas.databases import OwnDatabase
from chalicelib.platform.service import provisioning_places, store_connections
from tests.platform.store_servers import ServerOfTest

POSTGRESQL, MYSQL = Dialect.POSTGRESQL, Dialect.MYSQL
IDS = [f"{n:02x}5c9a6b-7cff-4b52-9c55-2f4f3d3b8a{n:02x}" for n in (0, 1, 0x5C, 0x7F, 0x80, 0xAB, 0xFF)]
BINARY_IDS = [f"'\\x{each.replace('-', '')}'" for each in IDS]
HEX_IDS = [f"X'{each.replace('-', '')}'" for each in IDS]
TIMES = [f"'2020-01-02 03:04:05.00000{n}'" for n in range(1, 6)]
ENUMERATED = "ENUM('z', 'y', 'x')"


@pytest.fixture
def source(request: pytest.FixtureRequest) -> Iterator[tuple[ServerOfTest, Connection, str]]:
    """A server of the dialect that is the parameter, a connection to it, and the schema of its tables."""
    server: ServerOfTest = request.getfixturevalue(f"own_{request.param.value}")
    schema = str(server.body["database"])
    if request.param is POSTGRESQL:
        schema = "old"
        server.query("CREATE SCHEMA old")
    database: OwnDatabase = TypeAdapter[OwnDatabase](OwnDatabase).validate_python(server.body)
    admin = provisioning_places.own_target(database, ids.new(), "").admin
    with store_connections.connect(admin) as connection:
        yield server, connection, schema


def found(source: tuple[ServerOfTest, Connection, str], name: str = "products") -> LegacyTable:
    _, connection, schema = source
    table = find_legacy_table(connection, schema, name, ["id"])
    assert table is not None
    return table


def keys_in_ranges(table: LegacyTable, store_id: str) -> list[tuple[Any, ...]]:
    """Return the keys of a store's rows, read in ranges of two, each after a key that was JSON in between."""
    keys: list[tuple[Any, ...]] = []
    after = None
    for _ in range(10):
        rows = read_legacy_range(table, store_id, after, 2)
        keys += [legacy_key(table, row) for row in rows]
        if len(rows) < 2:
            return keys
        after = json.loads(json.dumps(keys[-1]))
    raise AssertionError(f"the ranges do not end: {keys}")


@pytest.mark.parametrize(
    ("source", "kind", "values"),
    [
        (POSTGRESQL, "bytea", BINARY_IDS),
        (POSTGRESQL, "uuid", [f"'{each}'" for each in IDS]),
        (POSTGRESQL, "numeric", ["0.5", "1", "10.25", "9", "-3"]),
        (POSTGRESQL, "timestamp", TIMES),
        (POSTGRESQL, "timestamptz", TIMES),
        (POSTGRESQL, "date", [f"'2020-01-0{n}'" for n in range(1, 6)]),
        (POSTGRESQL, "text", ["'a'", "'B'", "'b'", "'10'", "'9'"]),
        (MYSQL, "BINARY(16)", HEX_IDS),
        (MYSQL, "VARBINARY(30)", [*HEX_IDS, "X'00'", "X'5C27'"]),
        (MYSQL, "UUID", [f"'{each}'" for each in IDS]),
        (MYSQL, "DECIMAL(9, 2)", ["0.5", "1", "10.25", "9", "-3"]),
        (MYSQL, "DATETIME(6)", TIMES),
        (MYSQL, "VARCHAR(9)", ["'a'", "'B'", "'c'", "'10'", "'9'"]),
    ],
    indirect=["source"],
)
def test_each_row_is_read_once(source: tuple[ServerOfTest, Connection, str], kind: str, values: list[str]) -> None:
    server, _, schema = source
    server.query(f"CREATE TABLE {schema}.products (id {kind} PRIMARY KEY, store_id INT)")
    rows = ", ".join(f"({value}, 7)" for value in reversed(values))
    server.query(f"INSERT INTO {schema}.products VALUES {rows}")
    keys = keys_in_ranges(found(source), "7")
    assert (len(keys), len(set(keys))) == (len(values), len(values))


@pytest.mark.parametrize(
    ("source", "kind", "values"),
    [(POSTGRESQL, "bytea", BINARY_IDS), (MYSQL, "BINARY(16)", HEX_IDS)],
    indirect=["source"],
)
@pytest.mark.parametrize("given", [IDS[3], IDS[3].replace("-", "").upper()])
def test_a_store_is_named_by_its_binary_uuid(
    source: tuple[ServerOfTest, Connection, str], kind: str, values: list[str], given: str
) -> None:
    server, _, schema = source
    server.query(f"CREATE TABLE {schema}.products (id {kind} PRIMARY KEY, store_id {kind})")
    server.query(f"INSERT INTO {schema}.products VALUES ({values[0]}, {values[3]}), ({values[1]}, {values[2]})")
    [row] = read_legacy_range(found(source), given, None, 9)
    assert legacy_id("any", "products", row["id"]) == IDS[0]


@pytest.mark.parametrize(
    ("source", "columns", "reason"),
    [
        (POSTGRESQL, "id float8 PRIMARY KEY, store_id int", "the key column id has a type that is not read in order"),
        (POSTGRESQL, "id inet PRIMARY KEY, store_id int", "the key column id has a type that is not read in order"),
        (POSTGRESQL, "id int PRIMARY KEY, shop int", "the table has no column store_id"),
        (POSTGRESQL, "number int, store_id int", "the table has no key"),
        (POSTGRESQL, "id int PRIMARY KEY, store_id int", None),
        (MYSQL, "id BIT(9) PRIMARY KEY, store_id int", "the key column id has a type that is not read in order"),
        (MYSQL, "id DOUBLE PRIMARY KEY, store_id int", "the key column id has a type that is not read in order"),
        (MYSQL, f"id {ENUMERATED} PRIMARY KEY, store_id int", "the key column id has a type that is not read in order"),
        (MYSQL, "id SET('b', 'a') PRIMARY KEY, store_id int", "the key column id has a type that is not read in order"),
        (MYSQL, "id INT, kind INT, store_id int, PRIMARY KEY (store_id, id, kind)", None),
    ],
    indirect=["source"],
)
def test_a_table_that_cannot_be_read_names_the_reason(
    source: tuple[ServerOfTest, Connection, str], columns: str, reason: str | None
) -> None:
    server, _, schema = source
    server.query(f"CREATE TABLE {schema}.products ({columns})")
    assert found(source).unreadable == reason


@pytest.mark.parametrize("source", [POSTGRESQL], indirect=True)
def test_a_composite_key_is_read_from_its_first_column_on(source: tuple[ServerOfTest, Connection, str]) -> None:
    server, connection, schema = source
    server.query(f"CREATE TABLE {schema}.products (a int, b int, store_id int, PRIMARY KEY (a, b))")
    statements: list[tuple[str, Any]] = []

    def note(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
        statements.append((statement, parameters))

    table = found(source)
    event.listen(connection, "before_cursor_execute", note)
    assert read_legacy_range(table, "7", [3, 4], 9) == []
    event.remove(connection, "before_cursor_execute", note)
    [(statement, parameters)] = statements
    with connection.begin():
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        plan = connection.exec_driver_sql(f"EXPLAIN {statement}", parameters).scalars().all()
    assert any("Index Cond: (a >= 3)" in line for line in plan), plan
