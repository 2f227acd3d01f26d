"""A shop's discounts over any sequence of changes: names, items, counts and history agree with a plain model."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from chalicelib.discounts.domain.discount_rules import ShopFacts
from chalicelib.discounts.domain.names import code_name, item_name, title_name
from chalicelib.discounts.errors import DiscountNotFound, NameTaken
from chalicelib.discounts.models import Discount, DiscountName, UsageJournal
from chalicelib.discounts.repository import discount_changes, discount_names
from chalicelib.discounts.schemas.discounts import DiscountCreate, DiscountRead, DiscountUpdate
from chalicelib.discounts.service import discounts
from chalicelib.discounts.service.discounts import Editor
from chalicelib.kit import clock, ids
from chalicelib.kit.errors import VersionMismatch
from tests.examples import examples

TITLES = st.sampled_from(["Sale", "SALE", "Straße", "strasse", "Mugs"])
CODES = st.none() | st.sampled_from(["ten", "TEN", "x"])
ITEMS = st.lists(st.sampled_from(["A", "a", "B", "gid://shopify/ProductVariant/1"]), min_size=1, unique=True)
START = datetime.fromisoformat("2026-01-01T00:00:00Z")


class Clock:
    """A clock that moves a second with each change."""

    moment = START

    def now(self) -> datetime:
        return self.moment


class DiscountLife(RuleBasedStateMachine):
    """`live` are the discounts by id; `owners` are who had a name, by the time of each change."""

    def __init__(self, moved: Clock) -> None:
        super().__init__()
        self.clock, self.editor = moved, Editor(f"{ids.new()}.myshopify.com", ShopFacts("USD", "Basic"))
        self.live: dict[str, DiscountRead] = {}
        self.deleted: list[str] = []
        self.owners: list[tuple[datetime, dict[str, str]]] = []

    def _names(self) -> dict[str, str]:
        named = {title_name(each.title): each.discount_id for each in self.live.values()}
        coded = {code_name(each.discount_code): each.discount_id for each in self.live.values() if each.discount_code}
        return named | coded

    def _is_taken(self, title: str, code: str | None, own: str | None = None) -> bool:
        wanted = {title_name(title), *([code_name(code)] if code else [])}
        return any(owner != own for name, owner in self._names().items() if name in wanted)

    def _end_change(self) -> None:
        self.owners.append((self.clock.moment, self._names()))
        self.clock.moment += timedelta(seconds=1)

    @rule(title=TITLES, code=CODES, items=ITEMS)
    def add(self, title: str, code: str | None, items: list[str]) -> None:
        fields = {"title": title, "discount_code": code, "value_type": "percentage", "value": "10", "skus": items}
        body = DiscountCreate.model_validate(fields)
        if self._is_taken(title, code):
            with pytest.raises(NameTaken):
                discounts.add_discount(self.editor, body, None)
        else:
            added = discounts.add_discount(self.editor, body, None)
            self.live[added.discount_id] = added
        self._end_change()

    @rule(data=st.data(), title=TITLES, code=CODES, items=ITEMS, is_stale=st.booleans())
    def change(self, data: Any, title: str, code: str | None, items: list[str], *, is_stale: bool) -> None:
        if not self.live:
            return
        discount = data.draw(st.sampled_from(list(self.live.values())))
        body = DiscountUpdate.model_validate({"title": title, "discount_code": code, "skus": items})
        version = str(discount.version - is_stale)
        if is_stale or self._is_taken(title, code, discount.discount_id):
            with pytest.raises(VersionMismatch if is_stale else NameTaken):
                discounts.change_discount(self.editor, discount.discount_id, body, version)
        else:
            changed = discounts.change_discount(self.editor, discount.discount_id, body, version)
            assert (changed.title, changed.discount_code, changed.skus) == (title, code, items)
            self.live[discount.discount_id] = changed
        self._end_change()

    @rule(data=st.data())
    def remove(self, data: Any) -> None:
        if not self.live:
            return
        discount = data.draw(st.sampled_from(list(self.live.values())))
        discounts.remove_discount(self.editor, discount.discount_id, str(discount.version))
        del self.live[discount.discount_id]
        self.deleted.append(discount.discount_id)
        with pytest.raises(DiscountNotFound):
            discounts.get_discount(self.editor.shop, discount.discount_id)
        self._end_change()

    @invariant()
    def rows_agree(self) -> None:
        shop = self.editor.shop
        names = {row.name: row.discount_id for row in DiscountName.query(shop) if row.until is None}
        items = {
            item_name(item, each.discount_id): each.discount_id for each in self.live.values() for item in each.skus
        }
        orphans = {name: owner for name, owner in names.items() if name not in self._names() | items}
        assert names == self._names() | items | orphans
        for name, owner in orphans.items():  # of a refused request: readers skip them
            assert name.startswith(("sku:", "variant:"))
            row = Discount.get(shop, owner) if owner in {*self.live, *self.deleted} else None
            assert row is None or name not in {item_name(item, owner) for item in row.skus} or row.deleted_at
        assert sum(row.live_discounts for row in UsageJournal.query(shop)) == len(self.live)

    @invariant()
    def history_agrees(self) -> None:
        for discount in self.live.values():
            versions = [
                row.version for row in discount_changes.list_by_discount(self.editor.shop, discount.discount_id)
            ]
            assert versions == list(range(discount.version, 0, -1))

    def teardown(self) -> None:
        """Compare who had each name at the time of each change."""
        uses = {(name, moment) for moment, _ in self.owners for _, names in self.owners for name in names}
        found = discount_names.find_owners(self.editor.shop, uses)
        expected = {(name, moment): owner for moment, names in self.owners for name, owner in names.items()}
        assert found == expected


def test_names_items_counts_and_history_agree_with_a_model(monkeypatch: pytest.MonkeyPatch) -> None:
    moved = Clock()
    monkeypatch.setattr(clock, "now", moved.now)

    class Life(DiscountLife):
        def __init__(self) -> None:
            super().__init__(moved)

    run_state_machine_as_test(
        Life,
        settings=settings(max_examples=examples(12), stateful_step_count=12, suppress_health_check=list(HealthCheck)),
    )
