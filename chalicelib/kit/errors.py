"""Errors that know their HTTP answer. Rendered as `application/problem+json` (RFC 9457); `code` is the class's name."""

from __future__ import annotations

from typing import Any, ClassVar


class Problem(Exception):
    """An error that a caller may see. `detail` must hold nothing secret and nothing of another tenant's.

    `errors` names the fields of bad input: [{"path": "body.settings", "message": "…"}].
    """

    status: ClassVar[int] = 500
    title: ClassVar[str] = "Something went wrong on our side"

    def __init__(
        self,
        detail: str = "",
        *,
        errors: list[dict[str, str]] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.errors = errors or []
        self.headers = headers or {}
        self.existing: Any = None
        """The row that stood in the way, where a transaction's condition failed."""

    @property
    def code(self) -> str:
        return type(self).__name__

    def as_dict(self, request_id: str) -> dict[str, Any]:
        """The members of the problem document."""
        document = {
            "type": "about:blank",
            "title": self.title,
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
            "request_id": request_id,
        }
        return document | ({"errors": self.errors} if self.errors else {})


class WriteConflict(Exception):
    """Another writer changed a row between the read and the write. Internal: `kit/retries.py` retries the work.

    One that reaches an endpoint is answered as Unavailable (503).
    """

    def __init__(self, detail: str = "another writer changed the row") -> None:
        super().__init__(detail)
        self.existing: Any = None
        """The row in the database whose condition failed, where a transaction names it."""


class MalformedRequest(Problem):
    status, title = 400, "The request cannot be read"


class Unauthenticated(Problem):
    status, title = 401, "The credential is missing or not valid"


class Forbidden(Problem):
    status, title = 403, "This credential may not do that"


class NotFound(Problem):
    status, title = 404, "There is no such thing here"


class MethodNotAllowed(Problem):
    status, title = 405, "This method is not served here"


class Conflict(Problem):
    status, title = 409, "The present state does not allow that"


class IdempotencyConflict(Conflict):
    title = "This Idempotency-Key was used with another request"


class StillInProgress(Conflict):
    title = "The first request with this Idempotency-Key is still running"


class PreconditionFailed(Problem):
    status, title = 412, "A condition of this request does not hold"


class VersionMismatch(PreconditionFailed):
    """If-Match names an older version of the resource."""

    title = "This resource has changed; read it again"


class PayloadTooLarge(Problem):
    status, title = 413, "The request body is too large"


class UnsupportedMediaType(Problem):
    status, title = 415, "This media type is not understood"


class InvalidInput(Problem):
    status, title = 422, "Some of the input is not valid"


class PreconditionRequired(Problem):
    status, title = 428, "Send If-Match with the ETag that you read"


class TooManyRequests(Problem):
    status, title = 429, "Too many at once"


class Unavailable(Problem):
    """A store or peer refuses for now; always answered with Retry-After."""

    status, title = 503, "Try again shortly"

    def __init__(self, detail: str = "", *, retry_after: int = 1) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after)})
        self.retry_after = retry_after


class InternalError(Problem):
    """What an unexpected exception becomes: says nothing of its cause, which is in the log."""
