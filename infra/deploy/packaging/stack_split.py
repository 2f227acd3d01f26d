"""Split the template of `chalice package`: one stack for the API, one for the functions of each context (ADR 22)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from infra.deploy.packaging.domain import API_DOMAIN, API_MAPPING
from infra.deploy.packaging.errors import PackagingFailed
from infra.deploy.packaging.names import API_STACK, HTTP_FUNCTIONS, functions, logical, stack_of
from infra.deploy.packaging.store_function import PERMISSION

Template = dict[str, Any]
PSEUDO = "AWS::"


class MisplacedResource(PackagingFailed):
    """A resource belongs to no stack, or refers to one of another stack; the message names it."""


def owners() -> dict[str, str]:
    """Return the stack of every resource that Chalice makes for the functions and the API, by logical id."""
    permissions = (f"{logical(name)}{PERMISSION}" for name in HTTP_FUNCTIONS.values())
    found = dict.fromkeys(("RestAPI", API_DOMAIN, API_MAPPING, *permissions), API_STACK)
    for name in functions():
        for resource in (logical(name), logical(f"{name}-role"), logical(f"{name}-log-group")):
            found[resource] = stack_of(name)
    return found


def split(whole: Template, owner_of: Mapping[str, str]) -> dict[str, Template]:
    """Return the template of each stack, by name. `owner_of` names the stack of each resource.

    A resource without an owner (a layer) is part of every stack that refers to it. Raises MisplacedResource if no stack
    does, or if a resource refers to one of another stack.
    """
    resources: dict[str, Any] = whole["Resources"]
    parts = {stack: _members(resources, owner_of, stack) for stack in dict.fromkeys(owner_of.values())}
    unplaced = set(resources).difference(*parts.values())
    if unplaced:
        raise MisplacedResource(f"no stack is known for {', '.join(sorted(unplaced))}: add it to {__name__}.owners")
    return {stack: _template(whole, stack, members) for stack, members in parts.items()}


def references(value: Any) -> Iterator[str]:
    """Yield the logical ids of the resources and parameters that a part of a template refers to."""
    if isinstance(value, list):
        for item in value:
            yield from references(item)
    if not isinstance(value, dict):
        return
    for key, item in value.items():
        if key == "Ref":
            yield from _names([item.partition(".")[0]])  # `RestAPI.Stage` is a resource that SAM makes of RestAPI
        elif key == "Fn::GetAtt":
            yield from _names([item[0] if isinstance(item, list) else item.partition(".")[0]])
        elif key == "Fn::Sub":
            text, variables = (item, {}) if isinstance(item, str) else item
            used = [name.partition(".")[0] for name in re.findall(r"\$\{([^!}][^}]*)\}", text)]
            yield from _names(name for name in used if name not in variables)
            yield from references(variables)
        else:
            yield from references(item)


def conditions(value: Any) -> Iterator[str]:
    """Yield the names of the conditions that a part of a template depends on."""
    if isinstance(value, list):
        for item in value:
            yield from conditions(item)
    if isinstance(value, dict):
        if "Fn::If" in value:
            yield value["Fn::If"][0]
        yield from conditions(list(value.values()))


def _names(ids: Any) -> Iterator[str]:
    return (name for name in ids if not name.startswith(PSEUDO))


def _members(resources: dict[str, Any], owner_of: Mapping[str, str], stack: str) -> dict[str, Any]:
    """Return the resources of a stack, with the resources without an owner that they refer to."""
    members = {name: body for name, body in resources.items() if owner_of.get(name) == stack}
    used = set(references(members))
    return members | {name: body for name, body in resources.items() if name in used and name not in owner_of}


def _template(whole: Template, stack: str, members: dict[str, Any]) -> Template:
    known = {*members, *whole["Parameters"]}
    outputs = {name: body for name, body in whole.get("Outputs", {}).items() if set(references(body)) <= known}
    named = set(conditions([members, outputs]))
    applied = {name: body for name, body in whole.get("Conditions", {}).items() if name in named}
    used = set(references([members, applied, outputs])) - set(members)
    parameters = {name: body for name, body in whole["Parameters"].items() if name in used}
    foreign = used - set(parameters)
    if foreign:
        raise MisplacedResource(f"stack {stack} refers to {', '.join(sorted(foreign))}: pass the value as a parameter")
    head = {name: whole[name] for name in ("AWSTemplateFormatVersion", "Transform")}
    return {
        **head,
        "Description": f"{whole['Description']}: {stack}",
        **({"Parameters": parameters} if parameters else {}),
        **({"Conditions": applied} if applied else {}),
        "Resources": members,
        **({"Outputs": outputs} if outputs else {}),
    }
