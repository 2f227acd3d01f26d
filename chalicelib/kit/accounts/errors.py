"""Errors of accounts and sessions. Class names are the API's `code`."""

from __future__ import annotations

from chalicelib.kit.errors import Conflict, Forbidden, InvalidInput, NotFound, Unauthenticated


class InvalidCredentials(Unauthenticated):
    code = "InvalidCredentials"
    title = "The e-mail or the password is wrong"


class CodeRequired(Unauthenticated):
    """The password is right, and the account has a second factor."""

    code = "CodeRequired"
    title = "Enter the code of your authenticator app"


class InvalidCode(Unauthenticated):
    code = "InvalidCode"
    title = "The code is wrong, or was used already"


class SecondFactorMissing(Forbidden):
    code = "SecondFactorMissing"
    title = "This account needs a second factor"


class WrongPassword(Forbidden):
    """A signed-in account gave another password than its own."""

    code = "WrongPassword"
    title = "The password is wrong"


class InvalidPassword(InvalidInput):
    code = "InvalidPassword"
    title = "Choose another password"


class InvalidLink(InvalidInput):
    code = "InvalidLink"
    title = "This link cannot be used; request another"


class SessionNotFound(NotFound):
    code = "SessionNotFound"
    title = "Session not found"


class EmailChangePending(Conflict):
    code = "EmailChangePending"
    title = "Another change of the e-mail is pending"


class EmailTaken(Conflict):
    code = "EmailTaken"
    title = "Another account has this e-mail"
