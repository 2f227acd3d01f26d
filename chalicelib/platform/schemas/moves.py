"""Schemas of moves: the request, and the proof in the job's report."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from chalicelib.kit.schemas import Input, Schema
from chalicelib.platform.schemas.databases import Database, OwnDatabase


class LegacySource(Input):
    """A database in which several stores share tables of our names, each row with the id of its store in `store_id`.

    It is only read. `store_id` is the value of the store's rows there, as text.
    """

    database: Annotated[OwnDatabase, Field(discriminator="type")]
    store_id: str = Field(min_length=1, max_length=100)


class MoveInput(Input):
    """The database to which the store moves. `from` is where a store without a database comes from."""

    database: Database
    legacy_source: LegacySource | None = Field(default=None, alias="from")


class ProvenTableRead(Schema):
    """A table that is equal on both sides: `sha256` is that of its ranges' hashes, the same for source and target."""

    table: str
    rows: int
    ranges: int
    sha256: str


class MoveProofRead(Schema):
    """The proof of a move. `download_url` is the file with a line for each range, for 15 minutes.

    `rejected_download_url` has a line for each row of a legacy database that was not taken over as it is.
    """

    rounds: int
    tables: list[ProvenTableRead]
    download_url: str
    rejected_download_url: str | None = None


class RejectedRowRead(Schema):
    """A row of a legacy database that was not taken over, or not as a whole. `key` is its key there."""

    table: str
    key: str
    reason: str
