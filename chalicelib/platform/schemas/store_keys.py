"""Schemas of the keys with which the servers of a store call its data API."""

from typing import Annotated

from pydantic import Field, StringConstraints

from chalicelib.kit.schemas import Input, Schema, Timestamp
from chalicelib.platform.enums import KeyScope


class StoreKeyCreate(Input):
    """A new key for a server of the store."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=32), Field(examples=["warehouse"])]
    scope: KeyScope


class StoreKeyRead(Schema):
    """A key, without its secret."""

    id: str
    name: str
    scope: KeyScope
    created_at: Timestamp


class StoreKeyCreated(StoreKeyRead):
    """A new key. A repeated request with the same Idempotency-Key does not show it again."""

    key: str | None = Field(repr=False, description="The Bearer key, shown once. Keep it on a server, never in a page.")


class StoreKeyList(Schema):
    """The keys of a store, the oldest first; at most ten."""

    items: list[StoreKeyRead]
