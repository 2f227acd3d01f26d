"""Every list takes `limit` and `cursor`, and its cursors lead through all items."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest

from chalicelib.kit import auth
from chalicelib.kit.auth import Role
from chalicelib.kit.http import EndpointSpec
from chalicelib.kit.pagination import PageRequest, PageResult, paginate_in_order
from chalicelib.kit.schemas import Page, PageQuery
from infra.deploy import handlers

TIMELINE = "/v1/operator/shops/timeline?app=studio&from=2026-01-01&to=2026-01-05"
IN_MEMORY = {
    "/v1/operator/dead-letters": "queue",
    "/v1/operator/retention-rules": "rule",
    "/v1/operator/tables": "table",
    TIMELINE: "day",
}
"""Lists of which every stage has several items, with the field that identifies an item."""


def lists() -> Iterator[tuple[str, EndpointSpec, Callable[..., Any]]]:
    for path, methods in handlers.chalice_app().routes.items():
        for method, entry in methods.items():
            contract = getattr(entry.view_function, "contract", None)
            if method == "GET" and contract and contract.returns and issubclass(contract.returns, Page):
                yield path, contract, inspect.unwrap(entry.view_function)


def test_every_list_declares_limit_and_cursor_and_reads_them() -> None:
    found = list(lists())
    assert len(found) > 70
    for path, contract, function in found:
        assert issubclass(contract.query or object, PageQuery), path
        assert "call.page" in inspect.getsource(function), path


def read_all(api: httpx2.Client, path: str, limit: int) -> list[Any]:
    """Return the items of all pages. Asserts that none is longer than the limit."""
    items: list[Any] = []
    parameters: dict[str, Any] = {"limit": limit}
    headers = {"Authorization": f"Bearer {auth.mint(Role.OPERATOR, 'op')}"}
    while True:
        response = api.get(httpx2.URL(path).copy_merge_params(parameters), headers=headers)
        assert response.status_code == 200, response.text
        page = response.json()
        assert len(page["items"]) <= limit
        items += page["items"]
        if page["next_cursor"] is None:
            return items
        parameters["cursor"] = page["next_cursor"]


@pytest.mark.parametrize("path", IN_MEMORY)
def test_the_cursors_lead_through_all_items(api: httpx2.Client, path: str) -> None:
    whole = read_all(api, path, 1000)
    assert len(whole) > 3
    limit = max(1, len(whole) // 3)
    paged = read_all(api, path, limit)
    assert [item[IN_MEMORY[path]] for item in paged] == [item[IN_MEMORY[path]] for item in whole]


def test_a_list_continues_in_its_order_after_changes() -> None:
    rows = ["c", "a", "d", "b"]

    def page_after(rows: list[str], before: PageResult[str] | None, limit: int = 2) -> PageResult[str]:
        return paginate_in_order(rows, PageRequest(limit, before.last_key if before else None), str)

    first = page_after(rows, None)
    assert first.items == ["c", "a"]
    assert page_after(rows, first) == PageResult(["d", "b"], None)
    assert page_after(["new", *rows], first).items == ["d", "b"]
    assert page_after(["c", "d", "b"], first).items == ["d", "b"]
    assert page_after(["c", "a"], first) == PageResult([], None)
    assert page_after([], None) == PageResult([], None)
