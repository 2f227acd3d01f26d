"""Requests and responses of CSV transfers, and the message that runs one."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from chalicelib.kit.messages import Message
from chalicelib.kit.schemas import Input, Schema, Timestamp
from chalicelib.platform.enums import TransferKind, TransferMode, TransferStatus


class TransferDue(Message):
    """Requests to run a transfer from its cursor.

    A repeated message is ignored while the transfer is leased or after its end.
    """

    queue: ClassVar[str] = "platform-transfer_rows"

    store_id: str
    transfer_id: str

    def subjects(self) -> tuple[str, ...]:
        return (f"store:{self.store_id}",)


class TransferCreate(Input):
    """A CSV file to import into a table, or to export from it."""

    kind: TransferKind
    table: str = Field(max_length=63)
    mode: TransferMode | None = Field(
        default=None,
        description="Imports only: `insert` rejects existing rows; `upsert`, the default, changes them. Rows are "
        "matched by id, else by the table's first unique key.",
    )
    dry_run: bool = Field(
        default=False,
        description="Imports only: check every row, also on the database server, and store nothing. Each batch of "
        "500 rows is checked against the stored rows, not against earlier batches.",
    )
    filter: dict[str, str] | None = Field(
        default=None, max_length=20, description="Exports only: filters as in lists, such as `amount.gte`: `10`."
    )


class UploadForm(Schema):
    """A form that uploads the file: POST `fields`, then the file as `file`, to `url` (multipart/form-data)."""

    url: str
    fields: dict[str, str]


class TransferRead(Schema):
    """A transfer. `rows_read`, `rows_written` and `rows_failed` count lines of data; links are valid for an hour.

    The report is CSV: the line, the column and the reason of each rejected row.
    """

    id: str
    kind: TransferKind
    table: str = Field(validation_alias="table_name")
    mode: TransferMode | None
    dry_run: bool = Field(validation_alias="is_dry_run")
    filter: dict[str, str] | None
    status: TransferStatus
    progress: int = Field(description="The progress in percent.")
    rows_read: int
    rows_written: int
    rows_failed: int
    upload: UploadForm | None = Field(default=None, description="Only in the answer that creates an import.")
    file_url: str | None
    report_url: str | None
    error_message: str | None
    created_at: Timestamp
    completed_at: Timestamp | None
