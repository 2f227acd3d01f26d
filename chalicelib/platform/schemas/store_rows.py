"""Requests and responses of the rows of a store's tables. Their columns are listed by `GET /v1/store/schema`."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, RootModel

from chalicelib.kit import signing
from chalicelib.kit.schemas import PageQuery, Query, Schema

FIELDS = Field(
    default=None, max_length=2000, description="Columns, separated by commas; the key and `version` are always in."
)
EXPAND = Field(default=None, max_length=500, description="Related rows to include, separated by commas.")


class RowListQuery(PageQuery):
    """A list of rows. Every other parameter is a filter: `<column>.<operator>=<value>`."""

    model_config = ConfigDict(defer_build=True, extra="allow", frozen=True, hide_input_in_errors=True)

    cursor: str | None = Field(default=None, max_length=8192, description="`next_cursor` of the previous page.")
    sort: str | None = Field(
        default=None, max_length=500, description="At most 3 columns, each with `-` before it for descending order."
    )
    fields: str | None = FIELDS
    expand: str | None = EXPAND
    count: bool = Field(default=False, description="Return the number of matching rows, at most 10000.")


class RowReadQuery(Query):
    """One row."""

    fields: str | None = FIELDS
    expand: str | None = EXPAND


class RowsWrite(RootModel[dict[str, Any] | list[dict[str, Any]]]):
    """A row, or a list of 1 to 500 rows."""

    model_config = ConfigDict(defer_build=True, frozen=True, hide_input_in_errors=True)


class RowUpdate(RootModel[dict[str, Any]]):
    """The columns to change."""

    model_config = ConfigDict(defer_build=True, frozen=True, hide_input_in_errors=True)


class RowRead(RootModel[dict[str, Any]]):
    """A row."""

    model_config = ConfigDict(defer_build=True, frozen=True)

    @property
    def tag(self) -> str:
        """The ETag: the version of the row."""
        return str(self.root["version"])


class ExpandedRowRead(RowRead):
    """A row with related rows, which change without it."""

    @property
    def tag(self) -> str:
        """The ETag: the version of the row and a digest of the whole answer."""
        return f"{super().tag}.{signing.digest(self.model_dump_json().encode())[:16]}"


class RowBatchRead(Schema):
    """The rows of a list, in its order. Rows beyond 3.5 MB of JSON have their key and `version` only."""

    items: list[dict[str, Any]]


class RowPage(BaseModel):
    """A page of rows."""

    model_config = ConfigDict(defer_build=True, frozen=True)

    items: list[dict[str, Any]]
    next_cursor: str | None = Field(description="Send it as `cursor` to get the next page; null at the end.")
    count: int | None = Field(default=None, description="The matching rows, at most 10000; null unless requested.")


class ColumnRead(Schema):
    """A column of a table."""

    name: str
    type: str
    is_nullable: bool
    is_read_only: bool
    has_default: bool = Field(
        description="Whether a new row may leave it out; a column that may be null may be left out too."
    )
    max_length: int | None
    choices: list[str]
    references: str | None


class TableRead(Schema):
    """A table with its columns and unique keys; `key` is the primary one."""

    name: str
    key: list[str]
    unique_keys: list[list[str]]
    columns: list[ColumnRead]


class StoreSchemaRead(Schema):
    """The tables of a store that the caller may read."""

    currency: str
    tables: list[TableRead]
