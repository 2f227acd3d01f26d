"""The blueprint of `/v1/store…`, one for all its modules: requests load it as a whole, in a function of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chalice.app import Blueprint, Response

from chalicelib.kit.http import endpoint
from chalicelib.platform.service.store_callers import record_usage

bp = Blueprint(__name__)


def store_endpoint(**contract: Any) -> Callable[[Callable[..., Any]], Callable[..., Response]]:
    """Return the decorator of a view of the data API: `endpoint` on its blueprint and function, with usage recorded.

    Takes the fields of `EndpointSpec`; `auth` is a verifier of `service/store_callers`. Views import the services that
    reach SQL inside their body.
    """
    return endpoint(bp, function="store", record=record_usage, **contract)
