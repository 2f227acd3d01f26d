"""Schemas of backups."""

from typing import Annotated

from pydantic import Field

from chalicelib.kit.schemas import Input, Schema, Timestamp
from chalicelib.platform.schemas.databases import Database


class BackupRead(Schema):
    """A backup of a store: a zip with a CSV file for each table and a manifest."""

    id: str
    created_at: Timestamp = Field(description="The time of the snapshot.")
    expires_at: Timestamp = Field(description="The backup can be downloaded and restored until then.")
    byte_size: int
    row_count: int
    tables: dict[str, int] = Field(description="The number of rows by table.")
    sha256: str = Field(description="The SHA-256 of the zip, in hexadecimal.")
    url: str | None = Field(description="A link that downloads the zip for 15 minutes; null for support.")


class RestoreInput(Input):
    """A backup to restore into a new place, to which the store is then switched.

    Without `database`, the new place is another schema on the same server. A store on MySQL needs `database`.
    """

    backup: Annotated[str, Field(min_length=1, max_length=64)]
    database: Database | None = None
