"""HTTP for every context: `@endpoint`, and what it takes and gives."""

from chalicelib.kit.http.endpoint import endpoint, refuse_other_methods
from chalicelib.kit.http.rendering import PROBLEM_JSON, problem_details
from chalicelib.kit.http.spec import MAX_BODY, MAX_WEBHOOK_BODY, Call, Contract

__all__ = [
    "MAX_BODY",
    "MAX_WEBHOOK_BODY",
    "PROBLEM_JSON",
    "Call",
    "Contract",
    "endpoint",
    "problem_details",
    "refuse_other_methods",
]
