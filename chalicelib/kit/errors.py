"""Errors with an HTTP status, rendered as `application/problem+json` (RFC 9457).

`code` is public and stable: each public class declares its own, and it stays as it is if the class is renamed
(docs/errors.md, ADR 47).
"""

from __future__ import annotations

from typing import Any, ClassVar


class Problem(Exception):
    """An error that the API returns to the caller. `detail` must hold no secrets and no other tenant's data.

    `errors` names the fields of bad input: [{"path": "body.settings", "message": "…"}]. `extras` are members that only
    this problem has (RFC 9457, 3.2).
    """

    code: ClassVar[str] = "InternalError"
    status: ClassVar[int] = 500
    title: ClassVar[str] = "An internal error occurred"

    def __init__(
        self,
        detail: str = "",
        *,
        errors: list[dict[str, str]] | None = None,
        headers: dict[str, str] | None = None,
        extras: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.errors = errors or []
        self.headers = headers or {}
        self.extras = extras or {}
        self.existing: Any = None
        """The stored row, if a transaction's condition on it failed."""

    def as_dict(self, request_id: str, type_uri: str = "about:blank") -> dict[str, Any]:
        """Return the members of the problem document. `type_uri` is the URL of the code's page (RFC 9457, 3.1.1)."""
        document = {
            "type": type_uri,
            "title": self.title,
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
            "request_id": request_id,
        }
        return document | self.extras | ({"errors": self.errors} if self.errors else {})


class WriteConflict(Exception):
    """Another writer changed a row between the read and the write. Internal: `kit/retries.py` retries the work.

    One that reaches an endpoint is answered as Unavailable (503).
    """

    def __init__(self, detail: str = "another writer changed the row") -> None:
        super().__init__(detail)
        self.existing: Any = None
        """The stored row, if a transaction's condition on it failed."""


class MalformedRequest(Problem):
    code = "MalformedRequest"
    status, title = 400, "The request is malformed"


class Unauthenticated(Problem):
    code = "Unauthenticated"
    status, title = 401, "The credential is missing or invalid"


class Forbidden(Problem):
    code = "Forbidden"
    status, title = 403, "This credential does not allow this action"


class NotFound(Problem):
    code = "NotFound"
    status, title = 404, "The resource does not exist"


class MethodNotAllowed(Problem):
    code = "MethodNotAllowed"
    status, title = 405, "This path does not support this method"


class Conflict(Problem):
    code = "Conflict"
    status, title = 409, "The current state does not allow this action"


class IdempotencyConflict(Conflict):
    code = "IdempotencyConflict"
    title = "This Idempotency-Key was used with another request"


class StillInProgress(Conflict):
    code = "StillInProgress"
    title = "A request with this Idempotency-Key is running"


class PreconditionFailed(Problem):
    code = "PreconditionFailed"
    status, title = 412, "A precondition of this request failed"


class VersionMismatch(PreconditionFailed):
    """If-Match names an older version of the resource."""

    code = "VersionMismatch"
    title = "This resource has changed; read it again"


class PayloadTooLarge(Problem):
    code = "PayloadTooLarge"
    status, title = 413, "The request body is too large"


class UnsupportedMediaType(Problem):
    code = "UnsupportedMediaType"
    status, title = 415, "This media type is not supported"


class InvalidInput(Problem):
    code = "InvalidInput"
    status, title = 422, "Some of the input is invalid"


class PreconditionRequired(Problem):
    code = "PreconditionRequired"
    status, title = 428, "Send If-Match with the current ETag"


class TooManyRequests(Problem):
    """A limit is reached. The response has a Retry-After header: the one given, or `default_retry_after` in seconds."""

    code = "TooManyRequests"
    status, title = 429, "Too many requests; try again later"
    default_retry_after: ClassVar[int] = 1

    def __init__(
        self, detail: str = "", *, headers: dict[str, str] | None = None, extras: dict[str, Any] | None = None
    ) -> None:
        super().__init__(
            detail, headers={"Retry-After": str(self.default_retry_after), **(headers or {})}, extras=extras
        )


class Unavailable(Problem):
    """A database or vendor rejects requests for now. The response has a Retry-After header."""

    code = "Unavailable"
    status, title = 503, "Try again shortly"

    def __init__(self, detail: str = "", *, retry_after: int = 1) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after)})
        self.retry_after = retry_after


class InternalError(Problem):
    """The response to an unexpected exception. It does not name the cause, which is in the log."""

    code = "InternalError"
