"""Errors of accounts and sessions. Class names are the API's `code`."""

from __future__ import annotations

from chalicelib.kit.errors import Conflict, Forbidden, InvalidInput, NotFound, Unauthenticated


class InvalidCredentials(Unauthenticated):
    title = "The e-mail or the password is wrong"


class CodeRequired(Unauthenticated):
    """The password is right, and the account has a second factor."""

    title = "Enter the code of your authenticator app"


class InvalidCode(Unauthenticated):
    title = "The code is wrong, or was used already"


class SecondFactorMissing(Forbidden):
    title = "This account needs a second factor"


class WrongPassword(Forbidden):
    """A signed-in account gave another password than its own."""

    title = "The password is wrong"


class InvalidPassword(InvalidInput):
    title = "Choose another password"


class InvalidLink(InvalidInput):
    title = "This link cannot be used; request another"


class SessionNotFound(NotFound):
    title = "Session not found"


class EmailChangePending(Conflict):
    title = "Another change of the e-mail is pending"


class EmailTaken(Conflict):
    title = "Another account has this e-mail"
