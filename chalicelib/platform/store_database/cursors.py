"""The technical table of a store's database with the cursors of its imports. The data API never reads it.

A cursor is written in the transaction of the rows that it counts: after a crash, the rows and the cursor agree.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, MetaData, Table

from chalicelib.platform.store_database.columns import LONG_TEXT, identifier, time

CURSORS = Table(
    "backroom_cursors",
    MetaData(),
    identifier(),
    Column("byte_offset", BigInteger, nullable=False),
    Column("line_number", Integer, nullable=False),
    Column("rows_read", Integer, nullable=False),
    Column("rows_created", Integer, nullable=False),
    Column("rows_updated", Integer, nullable=False),
    Column("rows_failed", Integer, nullable=False),
    Column("errors", LONG_TEXT),
    time("updated_at", nullable=False),
    mysql_engine="InnoDB",
    mysql_charset="utf8mb4",
    mysql_collate="utf8mb4_bin",
)
"""`id` is the transfer. `errors` holds the last batch's rejected rows as JSON, until they are in the report."""
SINCE = "0003"
"""The revision that creates the table."""
TECHNICAL_TABLES = (CURSORS.name,)
"""Tables in addition to those of the data API, in the order of their creation. They are neither counted nor adopted."""
