"""PostgreSQL's texts of rows in moves: the same hash as the values', whatever the server's settings are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import httpx2
import pytest
from sqlalchemy import Connection

from chalicelib.platform.domain.row_hashes import hash_row, hash_texts
from chalicelib.platform.models import Store
from chalicelib.platform.repository import integration_configs, store_ranges, store_texts
from chalicelib.platform.repository.store_ranges import TableSide
from chalicelib.platform.service import store_connections
from chalicelib.platform.service.moves.sides import MOVED_TABLES
from chalicelib.platform.store_database.tables import CMS_PAGES
from tests.platform.moved_stores import provisioned, server_of


@pytest.fixture
def sessions() -> Iterator[ExitStack]:
    """Return a stack that closes connections at the end of a test."""
    with ExitStack() as stack:
        yield stack


@pytest.mark.parametrize("settings", ["SET TimeZone = 'UTC'", "SET DateStyle = 'German'; SET TimeZone = 'Asia/Tokyo'"])
def test_texts_have_the_hash_of_their_values(
    settings: str, api: httpx2.Client, request: pytest.FixtureRequest, sessions: ExitStack
) -> None:
    owner = provisioned(api, server_of("postgresql", request))
    place = integration_configs.load_place(Store.get(owner.store.id))
    plain, other = (sessions.enter_context(store_connections.connect(place.server)) for _ in range(2))
    _execute(other, settings)
    for table in MOVED_TABLES:
        values = store_ranges.read_range(TableSide(plain, place.schema, table), None, 100)
        texts = store_texts.read_text_range(TableSide(other, place.schema, table), None, 100)
        kinds = store_texts.column_kinds(table)
        assert [hash_texts(kinds, row) for row in texts] == [hash_row(row) for row in values], table.name
        assert [row[:1] for row in texts] == [row[:1] for row in values]


def test_copied_texts_are_the_values_on_a_server_with_another_style_of_dates(
    api: httpx2.Client, request: pytest.FixtureRequest, sessions: ExitStack
) -> None:
    owner = provisioned(api, server_of("postgresql", request))
    place = integration_configs.load_place(Store.get(owner.store.id))
    connection = sessions.enter_context(store_connections.connect(place.server))
    _execute(connection, "SET DateStyle = 'SQL, DMY'; SET TimeZone = 'Asia/Tokyo'")
    side = TableSide(connection, place.schema, CMS_PAGES)
    texts = store_texts.read_text_range(side, None, 100)
    with connection.begin():
        store_ranges.delete_keys(side, [side.key_of(row) for row in texts])
        store_ranges.copy_texts(side, texts)
    assert texts
    assert store_texts.read_text_range(side, None, 100) == texts


def _execute(connection: Connection, settings: str) -> None:
    for setting in settings.split("; "):
        connection.exec_driver_sql(setting)
    connection.commit()
