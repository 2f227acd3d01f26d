"""Find the tables that reached code uses, and which kinds of writes it can make to each.

A table is used if a reached definition names its model; each may then be read. Writes follow from the calls in the modules
that name the model (`row.update(…)`, `transaction.put(…)`): a repository is a module for one table or a few. A module that
writes rows of any table, as `kit/accounts` does for the realms, adds its writes to the tables that are handed to it.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from functools import cache
from typing import Any, TypeVar

from pynamodb.models import Model

from infra.deploy import data_stack
from infra.deploy.packaging import reachability, references
from infra.deploy.packaging.reachability import AT_IMPORT, Definition

READS = frozenset({"BatchGetItem", "GetItem", "Query"})
CALLS = {
    "add": ("PutItem",),
    "batch_execute_statement": ("PartiQLDelete",),
    "batch_write": ("BatchWriteItem",),
    "check": ("ConditionCheckItem",),
    "delete": ("DeleteItem",),
    "delete_if": ("DeleteItem",),
    "delete_item": ("DeleteItem",),
    "put": ("PutItem",),
    "put_if": ("PutItem",),
    "put_item": ("PutItem",),
    "save": ("PutItem",),
    "scan": ("Scan",),
    "transact_write_items": ("ConditionCheckItem", "DeleteItem", "PutItem", "UpdateItem"),
    "update": ("UpdateItem",),
    "update_if": ("UpdateItem",),
    "update_item": ("UpdateItem",),
}
"""By function or method of pynamodb, of `kit/tables` or of the client: the actions that it needs."""
RAW = frozenset({"batch_execute_statement", "scan", "transact_write_items"})
"""Calls of the client, which name a table by text: the row's or the policy's."""
PRIMITIVES = "chalicelib.kit.tables"
"""The functions of this module are the calls themselves."""

Uses = dict[type[Model], frozenset[str]]
"""By model: the actions of DynamoDB that the code can need."""


def of(reached: frozenset[Definition]) -> Uses:
    """Return the tables that the reached definitions use, with the actions on each."""
    models = {(model.__module__, model.__name__): model for model in data_stack.models()}
    actions: dict[Definition, set[str]] = {each: set(READS) for each in reached & models.keys()}
    used: dict[str, set[Definition]] = defaultdict(set)
    calls: dict[str, set[str]] = defaultdict(set)
    for each in reached:
        used[each[0]] |= reachability.named(*each) & models.keys()
        calls[each[0]] |= _calls(each)
    for module, named in used.items():
        for model in named:
            actions[model] |= calls[module]
    values = frozenset[Definition]().union(*map(_values, reached)) & models.keys()
    for module in {each[0] for each in reached if _is_generic(each)} - {PRIMITIVES}:
        for model in _handed_over(module.split(".")[1], used, values):
            actions[model] |= calls[module]
    return {models[each]: frozenset(needed) for each, needed in actions.items()}


def _handed_over(context: str, used: dict[str, set[Definition]], values: frozenset[Definition]) -> set[Definition]:
    """Return the models whose rows a generic module of a context can get: those of its context, and those used as values.

    A module of kit or retention can get any of the latter.
    """
    if context in ("kit", "retention"):
        return set(values)
    return set().union(*(models for module, models in used.items() if module.split(".")[1:2] == [context]))


@cache
def _calls(definition: Definition) -> frozenset[str]:
    """Return the actions of the calls in a definition; a function that is passed on counts, too."""
    nodes = reachability.nodes_of(definition)
    read = {node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "") for node in nodes}
    return frozenset(action for name in read & CALLS.keys() for action in CALLS[name])


@cache
def _is_generic(definition: Definition) -> bool:
    """Return whether the definition's functions take rows or models of any table, or call the client themselves."""
    if any(isinstance(node, ast.Attribute) and node.attr in RAW for node in reachability.nodes_of(definition)):
        return True
    known = references.names_in(definition[0])
    for argument in reachability.nodes_of(definition):
        if isinstance(argument, ast.arg) and argument.annotation:
            parts = (part for part in ast.walk(argument.annotation) if isinstance(part, ast.Name | ast.Attribute))
            if any(_is_any_row(found) for part in parts for found in known.objects(part)):
                return True
    return False


def _is_any_row(found: Any) -> bool:
    bound = found.__bound__ if isinstance(found, TypeVar) else found
    is_model = isinstance(bound, type) and issubclass(bound, Model)
    return (is_model and not hasattr(bound, "Meta")) or getattr(bound, "__name__", "") in ("AccountRow", "AccountTable")


@cache
def _values(definition: Definition) -> frozenset[Definition]:
    """Return the definitions that a definition uses as values: not called, and not asked for an attribute."""
    nodes = reachability.nodes_of(definition)
    skipped = {id(node.value) for node in nodes if isinstance(node, ast.Attribute)}
    skipped |= {id(node.func) for node in nodes if isinstance(node, ast.Call)}
    return frozenset(
        place
        for node in nodes
        if isinstance(node, ast.Name) and id(node) not in skipped
        for place in reachability.named_by(definition[0], node)
        if place[1] != AT_IMPORT
    )
