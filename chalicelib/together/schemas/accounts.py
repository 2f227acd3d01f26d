"""Requests about accounts of people who are not signed in."""

from typing import Literal

from pydantic import Field

from chalicelib.kit.passwords import Password
from chalicelib.kit.schemas import Input
from chalicelib.together.schemas.account_fields import DisplayName, EmailAddress, MailedTokenText, TimeZoneName


class AccountCreate(Input):
    """A sign-up. The answer is the same whether the address has an account or not."""

    email: EmailAddress
    password: Password
    display_name: DisplayName
    timezone: TimeZoneName = "UTC"
    is_adult: Literal[True] = Field(description="The member is of age.")
    accept_terms: Literal[True]


class AccountVerification(Input):
    """The link of the mail and the password: a stranger may have signed up with the address."""

    token: MailedTokenText
    password: Password


class EmailConfirmation(Input):
    """The link of a mail that confirms or undoes a change of the e-mail."""

    token: MailedTokenText


class PasswordResetCreate(Input):
    """A request for a link that sets a new password."""

    email: EmailAddress


class PasswordReset(Input):
    """The link of the mail and the new password."""

    token: MailedTokenText
    password: Password
