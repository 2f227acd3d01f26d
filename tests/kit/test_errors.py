"""Problem documents (RFC 9457)."""

from __future__ import annotations

import pytest

from chalicelib.kit import errors
from chalicelib.kit.errors import Problem

DEFINED = (kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Problem))
KINDS = [kind for kind in DEFINED if kind is not Problem]


@pytest.mark.parametrize("kind", KINDS)
def test_a_problem_has_the_members_of_rfc_9457(kind: type[Problem]) -> None:
    document = kind().as_dict("r1")
    assert set(document) == {"type", "title", "status", "code", "detail", "request_id"}
    assert document["code"] == kind.__name__
    assert 400 <= document["status"] <= 599


def test_a_problem_names_its_invalid_fields() -> None:
    fields = [{"path": "body.name", "message": "Field required"}]
    assert errors.InvalidInput("x", errors=fields).as_dict("r1")["errors"] == fields


def test_unavailable_always_has_retry_after() -> None:
    assert errors.Unavailable().headers == {"Retry-After": "1"}
    assert errors.Unavailable(retry_after=30).headers == {"Retry-After": "30"}


def test_each_base_problem_has_its_own_status() -> None:
    direct = Problem.__subclasses__()
    own = [kind for kind in direct if kind.__module__ == errors.__name__]
    assert len({kind.status for kind in own}) == len(own), "the middleware selects the class by its status"
