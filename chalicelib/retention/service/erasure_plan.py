"""What is gone through for a subject, in order: rows that lead to others come after those that they lead to."""

from __future__ import annotations

from dataclasses import dataclass
from graphlib import TopologicalSorter

from chalicelib.kit import data_subjects
from chalicelib.kit.data_policy import ExpiryAction, ObjectPrefix, SubjectQuery, TablePolicy
from chalicelib.kit.data_subjects import Subject, SubjectType
from chalicelib.retention.domain import subject_matching
from chalicelib.retention.domain.subject_matching import SubjectContext
from chalicelib.retention.repository.requests import Progress
from chalicelib.retention.rules import OBJECT_PREFIXES, RULES, TABLE_POLICIES


@dataclass(frozen=True, slots=True)
class RowStep:
    """The rows that one claim leads to."""

    name: str
    holding: TablePolicy
    claim: SubjectQuery


@dataclass(frozen=True, slots=True)
class NameStep(RowStep):
    """The rows that tell what else the subject is known by."""


@dataclass(frozen=True, slots=True)
class FolderStep:
    """The objects below a prefix."""

    name: str
    prefix: ObjectPrefix


@dataclass(frozen=True, slots=True)
class ArchiveStep:
    """The rows of a table that are in the archive."""

    name: str
    holding: TablePolicy


def person(subject: Subject, progress: Progress) -> SubjectContext:
    """The subject as the request has it."""
    return SubjectContext(subject, progress.apps, progress.order_ids)


def buried(whom: SubjectContext) -> list[str]:
    """What messages name that are about the subject."""
    subject = whom.subject
    if subject.type is SubjectType.SHOP:
        return [data_subjects.app(subject.shop, app) for app in whom.apps]
    if subject.type is SubjectType.CUSTOMER:
        known = [data_subjects.customer(subject.shop, whom.known_by)] if whom.known_by else []
        return known + [data_subjects.order(subject.shop, order) for order in whom.names]
    return [str(subject), data_subjects.ledger(subject.id), *map(data_subjects.stripe_customer, whom.names)]


def names(who: SubjectType) -> list[NameStep]:
    """Where other names of the subject stand."""
    return [
        NameStep(f"names/{step.holding.name}", step.holding, step.claim)
        for step in rows(who)
        if step.holding.alias_column and not step.claim.via and who is not SubjectType.SHOP
    ]


def rows(who: SubjectType) -> list[RowStep]:
    """Every claim of a kind of subject, in an order that is the same in every process."""
    leads: dict[str, list[str]] = {name: [] for name in TABLE_POLICIES}
    for holding in TABLE_POLICIES.values():
        for claim in holding.queries:
            if claim.via and claim.via != holding.name:
                leads[claim.via].append(holding.name)
    ordered = sorted(
        (TABLE_POLICIES[name] for name in TopologicalSorter(leads).static_order()), key=lambda each: each.erase_last
    )
    return [
        RowStep(f"rows/{holding.name}/{n}", holding, claim)
        for holding in ordered
        for n, claim in enumerate(subject_matching.claims_of(holding, who))
    ]


def folders(who: SubjectType) -> list[FolderStep]:
    """Every prefix under which objects of such a subject may be."""
    return [
        FolderStep(f"folder/{prefix.prefix}", prefix) for prefix in OBJECT_PREFIXES.values() if who in prefix.folders
    ]


def archives(who: SubjectType) -> list[ArchiveStep]:
    """Every table whose archived rows may be such a subject's."""
    archived = [TABLE_POLICIES[rule.name] for rule in RULES.values() if rule.action is ExpiryAction.ARCHIVE]
    return [
        ArchiveStep(f"archive/{holding.name}", holding)
        for holding in archived
        if any(not claim.via for claim in subject_matching.claims_of(holding, who))
    ]
