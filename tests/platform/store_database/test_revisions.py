"""The revisions of the stores' tables, as files and on real servers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import MetaData, inspect, text
from sqlalchemy.sql.schema import SchemaConst

from chalicelib.integrations.sql.servers import Dialect
from chalicelib.platform.domain.store_places import StorePlace
from chalicelib.platform.service import store_connections
from chalicelib.platform.store_database import revisions
from chalicelib.platform.store_database.cursors import CURSORS, TECHNICAL_TABLES
from chalicelib.platform.store_database.schema_changes import SchemaChange, read_change
from chalicelib.platform.store_database.tables import METADATA, TABLES
from infra.migrations import render
from tests.platform.provisioned_stores import PreparedPlace

MARK = revisions.mark("01980000-0000-7000-8000-000000000001", "01980000-0000-7000-8000-000000000002")


def test_the_rendered_files_are_current() -> None:
    for path, content in render.files().items():
        assert Path(path).read_text() == content(), "run `make generate`"


def test_each_revision_has_a_file_for_each_dialect() -> None:
    folder = Path(render.FOLDER)
    expected = {revisions.file_name(revision, dialect) for revision in revisions.REVISIONS for dialect in Dialect}
    assert {path.name for path in folder.glob("*.sql")} == expected


@pytest.mark.parametrize("dialect", list(Dialect))
def test_the_statements_of_all_tables_are_those_of_the_first_revision(dialect: Dialect) -> None:
    made = [s for table in TABLES for s in revisions.table_statements(table.name, dialect, "s", MARK)]
    unmarked = [re.sub(r" COMMENT='backroom:.*'", "", s) for s in made if not s.startswith("COMMENT")]
    assert unmarked == list(revisions.statements(revisions.BASELINE, dialect, "s"))
    assert len([s for s in made if MARK in s]) == len(TABLES) == 14


@pytest.mark.parametrize("dialect", list(Dialect))
def test_a_table_of_a_later_revision_gets_the_mark(dialect: Dialect) -> None:
    made = [s for each in revisions.REVISIONS[1:] for s in revisions.statements(each, dialect, "s", MARK)]
    plain = [s for each in revisions.REVISIONS[1:] for s in revisions.statements(each, dialect, "s")]
    unmarked = [re.sub(r" COMMENT='backroom:.*'", "", s) for s in made if not s.startswith("COMMENT")]
    assert unmarked == plain
    assert len([s for s in made if MARK in s]) == len(TECHNICAL_TABLES) == 1


@pytest.mark.parametrize("mark", ["", "backroom", "backroom:a:b", MARK + "'", f"x{MARK}"])
def test_another_mark_is_refused(mark: str) -> None:
    with pytest.raises(ValueError, match="mark"):
        revisions.table_statements("products", Dialect.MYSQL, "s", mark)


@pytest.mark.parametrize("schema", ["", "a\0b", "x" * 64])
def test_a_name_that_no_server_accepts_is_refused(schema: str) -> None:
    with pytest.raises(ValueError, match="name"):
        revisions.statements("0002", Dialect.POSTGRESQL, schema)


def test_a_schema_is_quoted() -> None:
    assert '"a""b".orders' in revisions.statements("0002", Dialect.POSTGRESQL, 'a"b')[4]
    assert "`a``b`.orders" in revisions.statements("0002", Dialect.MYSQL, "a`b")[4]


def test_what_a_statement_adds_is_read_from_it() -> None:
    assert read_change("CREATE UNIQUE INDEX i ON {schema}.t (c)") == SchemaChange("t", index="i")
    assert read_change("ALTER TABLE {schema}.t ADD COLUMN c INTEGER") == SchemaChange("t", column="c")
    assert read_change("CREATE TABLE {schema}.t (") == SchemaChange("t")
    with pytest.raises(ValueError, match="effect"):
        read_change("UPDATE {schema}.t SET c = 1")


@pytest.mark.parametrize("kind", ["postgresql", "mysql"], indirect=True)
def test_all_revisions_together_make_the_metadata(prepared_place: PreparedPlace) -> None:
    place = prepared_place.migrating_place
    schema = place.schema if place.server.dialect is Dialect.POSTGRESQL else None  # the default one of MySQL
    expected = MetaData(naming_convention=METADATA.naming_convention)
    for table in (*TABLES, CURSORS):
        table.to_metadata(expected, schema=schema or SchemaConst.RETAIN_SCHEMA)
    with store_connections.connect(place.server) as connection:
        options = {
            "include_schemas": schema is not None,
            "include_name": lambda name, type_, _: type_ != "schema" or name == schema,
            "version_table_schema": place.schema,
            "compare_type": True,
        }
        context = MigrationContext.configure(connection, opts=options)
        differences = [each for each in compare_metadata(context, expected) if not _is_own(each)]
    assert differences == []


@pytest.mark.parametrize("kind", ["postgresql", "mysql"], indirect=True)
@pytest.mark.parametrize(("table", "column"), [("orders", "placed_at"), ("customers", "created_at")])
def test_the_rows_of_a_day_are_found_by_an_index(prepared_place: PreparedPlace, table: str, column: str) -> None:
    place = prepared_place.migrating_place
    with store_connections.connect(place.server) as connection:
        indexes = inspect(connection).get_indexes(table, schema=place.schema)
    assert [column] in [index["column_names"] for index in indexes]


def _is_own(difference: object) -> bool:
    """Return whether a difference is a mark, `alembic_version`, or MariaDB's text for JSON."""
    text_of = str(difference)
    is_json = "modify_type" in text_of and "LONGTEXT" in text_of
    return is_json or "remove_table_comment" in text_of or "alembic_version" in text_of


@pytest.mark.parametrize("kind", ["postgresql", "mysql"], indirect=True)
def test_each_check_of_the_metadata_is_in_the_database(prepared_place: PreparedPlace) -> None:
    place: StorePlace = prepared_place.migrating_place
    with store_connections.connect(place.server) as connection:
        inspector = inspect(connection)
        for table in TABLES:
            expected = {str(each.name) for each in table.constraints if str(each.name).startswith("ck_")}
            found = {str(each["name"]) for each in inspector.get_check_constraints(table.name, schema=place.schema)}
            assert expected <= found, table.name


def test_tables_of_mysql_compare_by_code_point(prepared_places) -> None:
    place = prepared_places("mysql").migrating_place
    query = text("SELECT DISTINCT table_collation FROM information_schema.tables WHERE table_schema = :schema")
    with store_connections.connect(place.server) as connection:
        names = {name for name in connection.scalars(query, {"schema": place.schema}) if name}
    assert "utf8mb4_bin" in names


def test_a_table_refers_only_to_those_before_it() -> None:
    for position, table in enumerate(TABLES):
        before = {each.name for each in TABLES[: position + 1]}
        assert {key.column.table.name for key in table.foreign_keys} <= before
    assert set(TABLES) == set(METADATA.tables.values())
