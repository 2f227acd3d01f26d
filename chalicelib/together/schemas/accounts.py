"""The sign-up of a member."""

from typing import Literal

from pydantic import Field

from chalicelib.kit.accounts.fields import DisplayName, EmailAddress
from chalicelib.kit.passwords import Password
from chalicelib.kit.schemas import Input
from chalicelib.together.schemas.account_fields import TimeZoneName


class AccountCreate(Input):
    """A sign-up. The answer is the same whether the address has an account or not."""

    email: EmailAddress
    password: Password
    display_name: DisplayName
    timezone: TimeZoneName = "UTC"
    is_adult: Literal[True] = Field(description="The member is of age.")
    accept_terms: Literal[True]
