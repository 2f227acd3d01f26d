"""The desired state of discounts at Shopify, and the differences of its nodes from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from chalicelib.discounts.domain.discount_terms import DiscountTerms, status_at
from chalicelib.discounts.enums import DiscountStatus, Publication


@dataclass(frozen=True, slots=True)
class Expected:
    """The desired state of a live discount at Shopify. `content` is everything that a node stores."""

    node_id: str | None
    publication: Publication
    is_current: bool
    """Whether the newest version was published."""
    needs_node: bool
    is_paused: bool
    content: object


@dataclass(frozen=True, slots=True)
class Actual:
    """A node of ours at Shopify. `owner` is the id of its discount."""

    node_id: str
    owner: str | None
    is_ended: bool
    content: object


@dataclass(frozen=True, slots=True)
class Repairs:
    """The discounts to publish, and the nodes to delete."""

    discounts: list[str]
    nodes: list[str]


def needs_node(terms: DiscountTerms, now: datetime) -> bool:
    """Return whether a discount must exist at Shopify: it is active or will be."""
    return status_at(terms, now) in (DiscountStatus.ACTIVE, DiscountStatus.SCHEDULED)


def find_repairs(expected: Mapping[str, Expected], nodes: Iterable[Actual]) -> Repairs:
    """Compare the live discounts of a shop, by id, with its nodes.

    A node of no live discount is deleted, and a second one of the same discount, if it is known which one is current.
    """
    by_owner: dict[str, list[Actual]] = {}
    orphans = []
    for node in nodes:
        if node.owner in expected:
            by_owner.setdefault(node.owner or "", []).append(node)
        else:
            orphans.append(node.node_id)
    changed = []
    for discount_id, discount in expected.items():
        own = by_owner.get(discount_id, [])
        current = [node for node in own if node.node_id == discount.node_id]
        if current:
            orphans += [node.node_id for node in own if node.node_id != discount.node_id]
        if not _is_published(discount, current):
            changed.append(discount_id)
    return Repairs(changed, orphans)


def _is_published(discount: Expected, current: list[Actual]) -> bool:
    if not discount.is_current or discount.publication in (Publication.PENDING, Publication.FAILED):
        return False
    if not current:
        return not discount.needs_node
    if discount.is_paused:
        return current[0].is_ended
    return current[0].content == discount.content
