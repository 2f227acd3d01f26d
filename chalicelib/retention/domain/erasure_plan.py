"""The steps of an erasure in order: rows of a table that leads to others come after the rows that it leads to."""

from __future__ import annotations

from dataclasses import dataclass
from graphlib import TopologicalSorter

from chalicelib.kit import data_subjects
from chalicelib.kit.data_policy import ExpiryAction, ObjectPrefix, TablePolicy
from chalicelib.kit.data_subjects import Subject, SubjectType
from chalicelib.kit.lakes import Lake
from chalicelib.kit.subject_queries import SubjectQuery, ViaTable
from chalicelib.retention.domain import row_ownership
from chalicelib.retention.domain.request_progress import RequestProgress
from chalicelib.retention.domain.row_ownership import SubjectContext
from chalicelib.retention.rules import LAKES, OBJECT_PREFIXES, RULES, TABLE_POLICIES

SET_TOMBSTONES, START_ROUND, COMPLETE = "bury", "again", "end"
"""Steps without a table or folder; their names are stored in requests."""


@dataclass(frozen=True, slots=True)
class RowStep:
    """Erases the rows that one query finds."""

    name: str
    policy: TablePolicy
    query: SubjectQuery


@dataclass(frozen=True, slots=True)
class AliasStep(RowStep):
    """Collects other identifiers of the subject from the rows that one query finds."""


@dataclass(frozen=True, slots=True)
class FolderStep:
    """Deletes the subject's objects below a prefix."""

    name: str
    prefix: ObjectPrefix


@dataclass(frozen=True, slots=True)
class ArchiveStep:
    """Removes the subject's rows from the archived files of a table."""

    name: str
    policy: TablePolicy


@dataclass(frozen=True, slots=True)
class LakeStep:
    """Rewrites the objects of a lake with events of the person. It precedes the rows, which name the days."""

    name: str
    lake: Lake


Step = RowStep | FolderStep | ArchiveStep | LakeStep | str


def subject_context(subject: Subject, progress: RequestProgress) -> SubjectContext:
    """Return the subject with the apps and identifiers that the request knows."""
    return SubjectContext(subject, progress.apps, progress.order_ids)


def subject_names(context: SubjectContext) -> list[str]:
    """Return the names under which messages refer to the subject; each gets a tombstone."""
    subject = context.subject
    if subject.type is SubjectType.SHOP:
        return [data_subjects.app(subject.shop, app) for app in context.apps]
    if subject.type is SubjectType.CUSTOMER:
        own = [data_subjects.customer(subject.shop, context.id)] if context.id else []
        return own + [data_subjects.order(subject.shop, order) for order in context.aliases]
    return [str(subject), data_subjects.ledger(subject.id), *map(data_subjects.stripe_customer, context.aliases)]


def plan(subject_type: SubjectType) -> dict[str, Step]:
    """Return the steps by name, in order."""
    steps: dict[str, Step] = {step.name: step for step in alias_steps(subject_type)}
    steps[SET_TOMBSTONES] = SET_TOMBSTONES
    steps |= {step.name: step for step in lake_steps(subject_type)}
    steps |= {step.name: step for step in row_steps(subject_type)}
    steps |= {step.name: step for step in folder_steps(subject_type)}
    steps[START_ROUND] = START_ROUND
    steps |= {step.name: step for step in archive_steps(subject_type)}
    steps[COMPLETE] = COMPLETE
    return steps


def next_step(steps: dict[str, Step], name: str) -> str:
    """Return the name of the step after `name`; the second step if a release has dropped `name`."""
    names = list(steps)
    index = names.index(name) if name in steps else 0
    return names[min(index + 1, len(names) - 1)]


def alias_steps(subject_type: SubjectType) -> list[AliasStep]:
    """Return the steps that collect other identifiers of the subject."""
    return [
        AliasStep(f"names/{step.policy.name}", step.policy, step.query)
        for step in row_steps(subject_type)
        if step.policy.alias_column
        and not isinstance(step.query.lookup, ViaTable)
        and subject_type is not SubjectType.SHOP
    ]


def row_steps(subject_type: SubjectType) -> list[RowStep]:
    """Return a step for every query of a subject type; the order is the same in every process."""
    dependents: dict[str, list[str]] = {name: [] for name in TABLE_POLICIES}
    for policy in TABLE_POLICIES.values():
        for query in policy.queries:
            if isinstance(query.lookup, ViaTable) and query.lookup.table != policy.name:
                dependents[query.lookup.table].append(policy.name)
    names = TopologicalSorter(dependents).static_order()
    ordered = sorted((TABLE_POLICIES[name] for name in names), key=lambda policy: policy.erase_last)
    return [
        RowStep(f"rows/{policy.name}/{number}", policy, query)
        for policy in ordered
        for number, query in enumerate(row_ownership.queries_for(policy, subject_type))
    ]


def lake_steps(subject_type: SubjectType) -> list[LakeStep]:
    """Return a step for every lake with events of a type of person."""
    return [LakeStep(lake.folder, lake) for lake in LAKES.values() if subject_type in lake.persons]


def folder_steps(subject_type: SubjectType) -> list[FolderStep]:
    """Return a step for every prefix with folders of a subject type."""
    prefixes = (prefix for prefix in OBJECT_PREFIXES.values() if subject_type in prefix.folders)
    return [FolderStep(f"folder/{prefix.prefix}", prefix) for prefix in prefixes]


def archive_steps(subject_type: SubjectType) -> list[ArchiveStep]:
    """Return a step for every table whose archived rows may belong to a subject type."""
    policies = [TABLE_POLICIES[rule.name] for rule in RULES.values() if rule.action is ExpiryAction.ARCHIVE]
    return [
        ArchiveStep(f"archive/{policy.name}", policy)
        for policy in policies
        if row_ownership.direct_lookups(policy, subject_type)
    ]
