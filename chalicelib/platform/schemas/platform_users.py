"""Schemas of the accounts of owners and staff, for operators."""

from typing import Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from chalicelib.kit.schemas import PageQuery, Schema, Timestamp
from chalicelib.platform.enums import UserRole


class PlatformUserQuery(PageQuery):
    """Which accounts to list: give one of the two."""

    role: Literal[UserRole.SUPPORT, UserRole.ADMIN] | None = Field(default=None, description="The staff of a role.")
    email: str | None = Field(default=None, min_length=3, max_length=254, description="The account of an address.")

    @model_validator(mode="after")
    def _check_filter(self) -> Self:
        if (self.role is None) is (self.email is None):
            raise PydanticCustomError("filter", "give `role` or `email`")
        return self


class PlatformUserRead(Schema):
    """An account, without its secrets."""

    id: str
    email: str
    display_name: str | None
    role: UserRole
    email_verified: bool
    is_active: bool
    last_login_at: Timestamp | None
    created_at: Timestamp
