"""What is gone through for a subject, in order: rows that lead to others come after those that they lead to."""

from __future__ import annotations

from dataclasses import dataclass
from graphlib import TopologicalSorter

from chalicelib.kit import subjects
from chalicelib.kit.lifecycle import Then
from chalicelib.kit.personal import Claim, Holding, Prefix
from chalicelib.kit.subjects import Subject, Who
from chalicelib.retention import belonging
from chalicelib.retention.belonging import Person
from chalicelib.retention.repository.requests import Progress
from chalicelib.retention.rules import HOLDINGS, PREFIXES, RULES


@dataclass(frozen=True, slots=True)
class RowStep:
    """The rows that one claim leads to."""

    name: str
    holding: Holding
    claim: Claim


@dataclass(frozen=True, slots=True)
class NameStep(RowStep):
    """The rows that tell what else the subject is known by."""


@dataclass(frozen=True, slots=True)
class FolderStep:
    """The objects below a prefix."""

    name: str
    prefix: Prefix


@dataclass(frozen=True, slots=True)
class ArchiveStep:
    """The rows of a table that are in the archive."""

    name: str
    holding: Holding


def person(subject: Subject, progress: Progress) -> Person:
    """The subject as the request has it."""
    return Person(subject, progress.apps, progress.order_ids)


def buried(whom: Person) -> list[str]:
    """What messages name that are about the subject."""
    subject = whom.subject
    if subject.who is Who.SHOP:
        return [subjects.app(subject.shop, app) for app in whom.apps]
    if subject.who is Who.CUSTOMER:
        known = [subjects.customer(subject.shop, whom.known_by)] if whom.known_by else []
        return known + [subjects.order(subject.shop, order) for order in whom.names]
    return [str(subject), subjects.ledger(subject.id), *map(subjects.stripe_customer, whom.names)]


def names(who: Who) -> list[NameStep]:
    """Where other names of the subject stand."""
    return [
        NameStep(f"names/{step.holding.name}", step.holding, step.claim)
        for step in rows(who)
        if step.holding.also and not step.claim.through and who is not Who.SHOP
    ]


def rows(who: Who) -> list[RowStep]:
    """Every claim of a kind of subject, in an order that is the same in every process."""
    leads: dict[str, list[str]] = {name: [] for name in HOLDINGS}
    for holding in HOLDINGS.values():
        for claim in holding.claims:
            if claim.through and claim.through != holding.name:
                leads[claim.through].append(holding.name)
    ordered = sorted((HOLDINGS[name] for name in TopologicalSorter(leads).static_order()), key=lambda each: each.last)
    return [
        RowStep(f"rows/{holding.name}/{n}", holding, claim)
        for holding in ordered
        for n, claim in enumerate(belonging.claims_of(holding, who))
    ]


def folders(who: Who) -> list[FolderStep]:
    """Every prefix under which objects of such a subject may be."""
    return [FolderStep(f"folder/{prefix.prefix}", prefix) for prefix in PREFIXES.values() if who in prefix.folders]


def archives(who: Who) -> list[ArchiveStep]:
    """Every table whose archived rows may be such a subject's."""
    archived = [HOLDINGS[rule.name] for rule in RULES.values() if rule.then is Then.ARCHIVE]
    return [
        ArchiveStep(f"archive/{holding.name}", holding)
        for holding in archived
        if any(not claim.through for claim in belonging.claims_of(holding, who))
    ]
