"""Walks: the modules of a context that one use case enters, and the `return` statements of the functions that it enters.

Fewer of both means less to read to follow a use case. The walks use HTTP and queues only, so that this file measures
every version: `pytest tests/walks.py -s` prints the table of docs/architecture.md.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import httpx2
import pytest
from chalice.app import Chalice

from chalicelib.billing import service as billing
from chalicelib.kit import auth, ids
from chalicelib.kit.auth import Role
from infra.sandbox.stripe import StripeSandbox
from tests.studio.conftest import Gallery, gallery

__all__ = ["gallery"]

ROOT = Path(__file__).resolve().parents[1]
OTHER_LAYERS = ("routes", "jobs", "schemas", "repository", "models", "enums.py", "errors.py", "database_errors.py")
Drain = Callable[[], list[dict[str, Any]]]


@dataclass
class Walk:
    """The functions of a context that a traced use case entered."""

    context: str
    entered: set[CodeType] = field(default_factory=set)

    @property
    def modules(self) -> list[str]:
        """The modules of the context that were entered, without the package's name."""
        return sorted({str(Path(code.co_filename).relative_to(self._folder)) for code in self.entered})

    @property
    def rules(self) -> list[str]:
        """Of the modules, the services and the pure rules: what somebody reads who follows the use case."""
        return [module for module in self.modules if not module.startswith(OTHER_LAYERS)]

    @property
    def return_count(self) -> int:
        """The `return` statements of every function that was entered."""
        return sum(len(_returns(*key)) for key in self._functions)

    @property
    def early_return_count(self) -> int:
        """Of the `return` statements, those that are not the last statement of their function."""
        return sum(_returns(*key).count(True) for key in self._functions)

    @property
    def row(self) -> tuple[int, int, int, int]:
        """The four figures of docs/architecture.md."""
        return len(self.modules), len(self.rules), self.return_count, self.early_return_count

    @property
    def _functions(self) -> list[tuple[str, str, int]]:
        return [(code.co_filename, code.co_name, code.co_firstlineno) for code in self.entered]

    @property
    def _folder(self) -> Path:
        return ROOT / "chalicelib" / self.context

    @contextmanager
    def traced(self) -> Iterator[None]:
        """Trace this thread, and each request in its own."""
        folder, entered = f"{self._folder}/", self.entered

        def profile(frame: FrameType, event: str, _: Any) -> None:
            if event == "call" and frame.f_code.co_filename.startswith(folder):
                entered.add(frame.f_code)

        def answer(app: Chalice, event: Any, context: Any) -> Any:
            outer = sys.getprofile()
            sys.setprofile(profile)
            try:
                return original(app, event, context)
            finally:
                sys.setprofile(outer)

        original = Chalice.__call__
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Chalice, "__call__", answer)
            sys.setprofile(profile)
            try:
                yield
            finally:
                sys.setprofile(None)


def _returns(path: str, name: str, first_line: int) -> list[bool]:
    """For each `return` statement of a function: whether it is early. Lambdas and comprehensions have none."""
    return _returns_of(path).get((name, first_line), [])


@cache
def _returns_of(path: str) -> dict[tuple[str, int], list[bool]]:
    """The `return` statements of each function of a file, by its name and first line; inner functions apart."""
    returns = {}
    for node in ast.walk(ast.parse(Path(path).read_text())):
        if isinstance(node, ast.FunctionDef):
            first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
            own = [each for each in _nodes_of(node) if isinstance(each, ast.Return)]
            returns[node.name, first] = [each is not node.body[-1] for each in own]
    return returns


def _nodes_of(function: ast.FunctionDef) -> Iterator[ast.AST]:
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.Lambda | ast.ClassDef):
            waiting += ast.iter_child_nodes(node)


def shopify_webhook(gallery: Gallery) -> Walk:
    """Receive `products/update` from Shopify and publish it."""
    walk = Walk("shops")
    with walk.traced():
        gallery.shopify.deliver("studio", gallery.shop, "products/update", {"id": 8001, "title": "New", "variants": []})
        assert gallery.drain() == []
    return walk


def stripe_event(api: httpx2.Client, stripe_sandbox: StripeSandbox, drain: Drain) -> Walk:
    """Receive `invoice.paid` for a known subscription and grant its credits."""
    billing.sync_plans()
    member = ids.new()
    billing.register_customer("member", member, "a@example.com", relationship_id=ids.new())
    headers = {"Authorization": f"Bearer {auth.mint(Role.MEMBER, member)}", "Idempotency-Key": "k"}
    body = {"plan": "better_together", "success_url": "https://a.b/", "cancel_url": "https://a.b/"}
    stripe_sandbox.hold_events = True
    try:
        checkout = api.post("/v1/billing/checkout", json=body, headers=headers).json()
        events = {event["type"]: event for event in stripe_sandbox.complete_checkout(checkout["id"])}
    finally:
        stripe_sandbox.hold_events = False
    walk = Walk("billing")
    for name in ("customer.subscription.created", "invoice.paid"):
        webhook = stripe_sandbox.webhook(events[name])
        walk.entered.clear()  # the last one is measured
        with walk.traced():
            httpx2.post(webhook.url, content=webhook.body, headers=webhook.headers).raise_for_status()
            assert drain() == []
    return walk


def preview(gallery: Gallery) -> Walk:
    """Request a preview for an accepted photo and make it."""
    body = gallery.preview_request(gallery.accepted_upload())
    walk = Walk("studio")
    with walk.traced():
        response = gallery.shopper("POST", "generations", body).json()
        assert gallery.drain() == []
    assert gallery.shopper("GET", f"generations/{response['id']}").json()["status"] == "completed"
    return walk


def final(gallery: Gallery) -> Walk:
    """Make the print of a paid order line."""
    order = gallery.order(gallery.preview()["line_item_property"])
    walk = Walk("studio")
    with walk.traced():
        gallery.shopify.deliver("studio", gallery.shop, "orders/paid", order)
        assert gallery.drain() == []
    assert [item["status"] for item in gallery.finals()] == ["completed"]
    return walk


def erasure(gallery: Gallery, monkeypatch: pytest.MonkeyPatch) -> Walk:
    """Erase a shop with a preview, from the request of an operator on."""
    gallery.preview()
    for name, module in list(sys.modules.items()):
        if name.startswith("chalicelib.retention.") and hasattr(module, "MAX_WORKER_TIME"):
            monkeypatch.setattr(module, "MAX_WORKER_TIME", timedelta(0))  # no worker began before the tombstones
    headers = {"Authorization": f"Bearer {auth.mint(Role.OPERATOR, 'op')}", "Idempotency-Key": "k"}
    body = {"kind": "erase", "subject": f"shop:{gallery.shop}"}
    walk = Walk("retention")
    with walk.traced():
        request = gallery.api.post("/v1/operator/privacy-requests", json=body, headers=headers).json()
        assert gallery.drain() == []
    response_body = gallery.api.get(f"/v1/operator/privacy-requests/{request['id']}", headers=headers).json()
    assert response_body["status"] == "completed", response_body
    return walk


@pytest.fixture
def walks(
    gallery: Gallery, api: httpx2.Client, stripe_sandbox: StripeSandbox, drain: Drain, monkeypatch: pytest.MonkeyPatch
) -> dict[str, Walk]:
    """Every walk, by its name in docs/architecture.md."""
    return {
        "Shopify webhook": shopify_webhook(gallery),
        "Stripe event `invoice.paid`": stripe_event(api, stripe_sandbox, drain),
        "preview": preview(gallery),
        "print": final(gallery),
        "erasure": erasure(gallery, monkeypatch),
    }


def test_print(walks: dict[str, Walk]) -> None:
    for name, walk in walks.items():
        print(f"| {name} | {' | '.join(map(str, walk.row))} |", *walk.rules)
