"""Stripe's error bodies (https://docs.stripe.com/api/errors)."""

from infra.sandbox.server import Json, Refusal


class ApiError(Refusal):
    """An error response with `status` and Stripe's error object."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        code: str | None = None,
        param: str | None = None,
        kind: str = "invalid_request_error",
    ) -> None:
        error: Json = {"message": message, "type": kind}
        if code is not None:
            error |= {"code": code, "doc_url": f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}"}
        if param is not None:
            error["param"] = param
        super().__init__(message, status, {"error": error})


def fault_body(status: int) -> Json:
    """Build the error body of a fault on demand (https://docs.stripe.com/api/errors)."""
    kinds = {401: "authentication_error", 402: "card_error", 429: "rate_limit_error"}
    kind = kinds.get(status, "api_error" if status >= 500 else "invalid_request_error")
    return {"error": {"message": f"Sandbox fault: status {status}", "type": kind}}


def missing_object(kind: str, id_: str, param: str = "id") -> ApiError:
    """Build the error 404 for an object that does not exist."""
    return ApiError(f"No such {kind}: '{id_}'", status=404, code="resource_missing", param=param)


def missing_parameter(name: str) -> ApiError:
    """Build the error 400 for a missing required parameter."""
    return ApiError(f"Missing required param: {name}.", code="parameter_missing", param=name)
