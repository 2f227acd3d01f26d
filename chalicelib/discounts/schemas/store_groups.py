"""Schemas of groups of stores."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from chalicelib.kit.schemas import Input, Query, Schema, Timestamp

Code = Annotated[str, Field(min_length=1, max_length=300)]


class StoreGroupQuery(Query):
    """With `code`, the response names the store that invites."""

    code: Code | None = None


class StoreGroupAction(Input):
    """`invite` makes a code, which replaces an earlier one; `join` adds the store to a group; `leave` removes it."""

    action: Literal["invite", "join", "leave"]
    code: Code | None = None

    @model_validator(mode="after")
    def _code_to_join(self) -> Self:
        if (self.action == "join") != (self.code is not None):
            raise PydanticCustomError("code", "`code` is required by `join` and only allowed there")
        return self


class StoreRead(Schema):
    """A store of the group."""

    shop: str
    joined_at: Timestamp


class InvitationRead(Schema):
    """An invitation. Only the first answer to `invite` has its code."""

    shop: str = Field(description="The store that invites.")
    code: str | None = None
    until: Timestamp


class StoreGroupRead(Schema):
    """The stores of the group; without a group only this one."""

    stores: list[StoreRead]
    invitation: InvitationRead | None
