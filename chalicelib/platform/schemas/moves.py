"""Schemas of moves: the request, and the proof in the job's report."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from chalicelib.kit.schemas import Input, Schema
from chalicelib.platform.schemas.databases import Database, OwnDatabase


class LegacySource(Input):
    """A database in which several stores share tables named as those of Backroom, with a column `store_id`.

    It is only read. `store_id` is the value of that column for the store's rows, as text.
    """

    database: Annotated[OwnDatabase, Field(discriminator="type")]
    store_id: str = Field(min_length=1, max_length=100)


class MoveInput(Input):
    """The database to which the store moves. `from` is the legacy database of a store that has no database yet."""

    database: Database
    legacy_source: LegacySource | None = Field(default=None, alias="from")


class ProvenTableRead(Schema):
    """A table that is equal on both sides.

    `sha256` is the hash of its ranges' hashes, the same for source and target.
    """

    table: str
    rows: int
    ranges: int
    sha256: str


class MoveProofRead(Schema):
    """The proof of a move.

    `download_url` is a file with a line for each range; `rejected_download_url` has a line for each row of a legacy
    database that was not copied unchanged. Both are valid for 15 minutes.
    """

    rounds: int
    tables: list[ProvenTableRead]
    download_url: str
    rejected_download_url: str | None = None


class RejectedRowRead(Schema):
    """A row of a legacy database that was not copied, or only in part. `key` is its legacy key."""

    table: str
    key: str
    reason: str
