"""What belongs to a subject: claims turned into values, and rows judged by them. Pure.

An item is what DynamoDB's API gives, as in `slices`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from string import Formatter
from typing import Any

from chalicelib.kit.data_policy import ErasureAction, ObjectPrefix, OwnerFilter, SubjectQuery, TablePolicy
from chalicelib.kit.data_subjects import GUEST, Subject, SubjectType, pseudonym
from chalicelib.retention.domain.archive_pages import Item


@dataclass(frozen=True, slots=True)
class SubjectContext:
    """A subject as a request has it: `apps` are those of a shop that are meant, `names` what else it is known by."""

    subject: Subject
    apps: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    """A customer's orders; a member's id at Stripe."""

    @property
    def known_by(self) -> str | None:
        """The subject's id; None for a guest, who has none."""
        return None if self.subject.id == GUEST else self.subject.id

    @property
    def facts(self) -> dict[str, str | None]:
        """What templates are filled with, but for the app."""
        return {
            "subject_type": self.subject.type,
            "id": self.known_by,
            "shop": self.subject.shop or None,
            "mark": pseudonym(str(self.subject)),
            "shop_mark": pseudonym(f"{SubjectType.SHOP}:{self.subject.shop}"),
        }


def values(template: str, person: SubjectContext) -> list[str]:
    """What a template says of the subject: one for each app where it names one; none where a fact is missing."""
    names = {name for _, name, _, _ in Formatter().parse(template) if name}
    apps: Iterable[str | None] = person.apps if "app" in names else [None]
    filled = [{**person.facts, "app": app} for app in apps]
    return [template.format(**facts) for facts in filled if all(facts.get(name) is not None for name in names)]


def value_through(claim: SubjectQuery, row: Item) -> str | None:
    """What a row of the table that the claim goes through says; None where it says nothing."""
    names = [name for _, name, _, _ in Formatter().parse(claim.value) if name]
    found = {name: text(row, name) for name in names}
    if None in found.values():
        return None
    value = claim.value.format(**found)
    return claim.transform(value) if claim.transform else value


def text(item: Item, column: str) -> str | None:
    """The column's value as text; None where it has none."""
    value = item.get(column)
    if value is None or "NULL" in value:
        return None
    [content] = value.values()
    return str(content)


def is_of_app(app: str, person: SubjectContext, item: Item | None = None) -> bool:
    """Whether what a holding or prefix says of its app is among the apps that are meant."""
    if not app or person.subject.type is not SubjectType.SHOP:
        return True
    if app.startswith("{"):
        return item is None or text(item, app.strip("{}")) in person.apps
    return app in person.apps


def matches_query(claim: SubjectQuery, person: SubjectContext, item: Item) -> bool:
    """Whether the claim's own column leads to the row (claims without `through`)."""
    held = text(item, claim.column)
    if held is None:
        return False
    return any(value in held if claim.contains else value == held for value in values(claim.value, person))


def owns_row(whose: OwnerFilter | None, person: SubjectContext, item: Item, stored: str | None = None) -> bool:
    """Whether a row that a claim leads to is the subject's. `stored` is the JSON that `mention` refers to in S3."""
    if whose is None:
        return True
    if whose.column:
        held = text(item, whose.column)
        if held == person.known_by if held is not None else whose.unowned:
            return True
    if whose.other_column and person.known_by is not None and text(item, whose.other_column) == person.known_by:
        return True
    if whose.alias_column and text(item, whose.alias_column) in person.names:
        return True
    return bool(whose.json_column) and mentions_subject(stored or text(item, whose.json_column) or "", person)


def leads_further(holding: TablePolicy, person: SubjectContext, item: Item) -> bool:
    """Return whether claims may go through a row of the subject's: not if it came from rows of another subject.

    A print leads to its photo, but for the one who only paid for it: the photo is the preview's shopper's.
    """
    rules = [
        claim.owner for claim in claims_of(holding, person.subject.type) if claim.owner and claim.owner.other_column
    ]
    return all(text(item, whose.other_column) in (None, person.known_by) for whose in rules)


def without_others(holding: TablePolicy, person: SubjectContext, item: Item) -> Item:
    """Return a row that may have several owners without the ids of the others, and without their order's."""
    own, foreign = {person.known_by, *person.names}, set()
    for whose in (claim.owner for claim in claims_of(holding, person.subject.type)):
        if whose is None or not whose.other_column:
            continue
        foreign |= {name for name in (whose.column, whose.other_column) if text(item, name) not in own}
        if whose.column in foreign and text(item, whose.alias_column) not in own:
            foreign.add(whose.alias_column)
    return {name: value for name, value in item.items() if name not in foreign}


_CUSTOMERS = ("customer_id", "customer.id")
_ORDERS = ("order_id", "order_edit.order_id", "orders_requested", "orders_to_redact")


def mentions_subject(document: str, person: SubjectContext) -> bool:
    """Whether the JSON has the subject's id or another name as a value, or the number of a GID where such numbers stand:
    those of customers, products and orders may be the same.
    """
    try:
        read = json.loads(document)
    except ValueError:
        return False
    wanted = {name for name in (person.known_by, *person.names) if name and not name.isdigit()}
    customers = {name.rsplit("/", 1)[-1] for name in (person.known_by,) if name}
    orders = {name.rsplit("/", 1)[-1] for name in person.names}
    own = ("id",) if isinstance(read, dict) and "customer" in read else ()  # it is an order
    return any(
        value in wanted
        or (value in customers and path.endswith(_CUSTOMERS))
        or (value in orders and (path.endswith(_ORDERS) or path in own))
        for path, value in _values(read)
    )


def _values(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Texts and whole numbers, with the names that lead to them: `line_items.id`."""
    if isinstance(value, dict):
        for key, member in value.items():
            yield from _values(member, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for member in value:
            yield from _values(member, path)
    elif isinstance(value, str | int):
        yield path, str(value)


def stored_at(item: Item, columns: Iterable[str]) -> list[str]:
    """Where the row's objects are: `s3://bucket/key`, or a key of the images bucket."""
    found = []
    for column in columns:
        value = text(item, column)
        if value and value.startswith("{"):
            value = reference(value)
        if value:
            found.append(value)
    return found


def reference(document: str) -> str | None:
    """The address that stands in the place of a large JSON value, if one does."""
    if not document.startswith('{"stored_at":'):
        return None
    return str(json.loads(document)["stored_at"])


def redact(item: Item, fates: dict[str, ErasureAction], person: SubjectContext) -> Item:
    """The row without what is personal in it: a pseudonym stands where the subject's id stood. Twice is as once."""
    changed, mark = dict(item), str(person.facts["mark"])
    for column, fate in fates.items():
        value = text(item, column)
        if value is None:
            continue
        if fate is ErasureAction.REMOVED:
            del changed[column]
        else:
            changed[column] = {"S": value.replace(person.subject.id, mark) if person.subject.id in value else mark}
    if changed != item and "version" in item:  # whoever read the row before must not write it back
        changed["version"] = {"N": str(int(item["version"]["N"]) + 1)}
    return changed


def folders(prefix: ObjectPrefix, person: SubjectContext) -> list[str]:
    """The folders of a prefix in which the subject's objects are, their own first."""
    templates = [each.get(person.subject.type) for each in (prefix.folders, prefix.shared_folders)]
    return (
        [folder for template in templates if template for folder in values(template, person)]
        if is_of_app(prefix.app, person)
        else []
    )


def holds(holding: TablePolicy, person: SubjectContext, item: Item) -> bool:
    """Whether a row is the subject's by what stands in it alone: how archived rows are told."""
    direct = (claim for claim in claims_of(holding, person.subject.type) if not claim.via)
    return is_of_app(holding.app, person, item) and any(
        matches_query(claim, person, item) and owns_row(claim.owner, person, item) for claim in direct
    )


def claims_of(holding: TablePolicy, who: SubjectType) -> list[SubjectQuery]:
    """The claims of a kind of subject on a table, those through other rows first."""
    return sorted((claim for claim in holding.queries if claim.subject_type is who), key=lambda claim: not claim.via)
