"""How the template of Chalice becomes several stacks, and the room that they have."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from infra.deploy import handlers
from infra.deploy.packaging import gateway, stack_split
from infra.deploy.packaging.names import API, functions, logical
from infra.deploy.packaging.stack_split import MisplacedResource, references, split
from tests.infra.deploy.packaging.conftest import Packaged, expanded, read, united

MAX_RESOURCES, MAX_BYTES, MAX_PATH_RESOURCES = 400, 500_000, 150
COPY = "Again"
"""Every third function, table, queue, topic and route has one copy more. AWS allows 500 resources and 1 MB in a stack, and 300
path resources in an API: the limits are below."""


def template(**resources: Any) -> dict[str, Any]:
    parameters = {"Key": {"Type": "String"}, "Unused": {"Type": "String"}}
    head = {"AWSTemplateFormatVersion": "2010-09-09", "Transform": "AWS::Serverless-2016-10-31", "Description": "whole"}
    outputs = {"A": {"Value": {"Ref": "A"}}}
    bodies = {name: {"Properties": properties} for name, properties in resources.items()}
    return {**head, "Parameters": parameters, "Resources": bodies, "Outputs": outputs}


def test_a_stack_has_its_resources_and_the_parameters_and_outputs_that_concern_them() -> None:
    whole = template(A={}, B={"Key": {"Ref": "Key"}}, Layer={})
    whole["Resources"]["B"]["Properties"]["Layers"] = [{"Ref": "Layer"}]

    parts = split(whole, {"A": "first", "B": "second"})

    assert list(parts) == ["first", "second"]
    assert (set(parts["first"]["Resources"]), set(parts["second"]["Resources"])) == ({"A"}, {"B", "Layer"})
    assert "Parameters" not in parts["first"]
    assert list(parts["second"]["Parameters"]) == ["Key"]
    assert list(parts["first"]["Outputs"]) == ["A"]
    assert "Outputs" not in parts["second"]
    assert parts["second"]["Description"] == "whole: second"


def test_a_stack_has_the_conditions_of_its_resources_with_their_parameters() -> None:
    value = {"Fn::If": ["Open", "value", {"Ref": "AWS::NoValue"}]}
    whole = template(A={"Value": [value]}, B={})
    whole["Conditions"] = {name: {"Fn::Equals": [{"Ref": "Key"}, name]} for name in ("Open", "Other")}

    parts = split(whole, {"A": "first", "B": "second"})

    assert list(parts["first"]["Conditions"]) == ["Open"]
    assert list(parts["first"]["Parameters"]) == ["Key"]
    assert not {"Conditions", "Parameters"} & set(parts["second"])


def test_a_resource_that_no_stack_takes_is_named() -> None:
    with pytest.raises(MisplacedResource, match="Stray"):
        split(template(A={}, Stray={}), {"A": "first"})


@pytest.mark.parametrize(
    "reference", [{"Ref": "B"}, {"Fn::GetAtt": ["B", "Arn"]}, {"Fn::GetAtt": "B.Arn"}, {"Fn::Sub": "x-${B.Arn}"}]
)
def test_a_reference_to_another_stack_is_named(reference: Any) -> None:
    with pytest.raises(MisplacedResource, match="stack first refers to B"):
        split(template(A={"Value": [reference]}, B={}), {"A": "first", "B": "second"})


def test_pseudo_parameters_literals_and_variables_of_a_text_refer_to_nothing() -> None:
    text = {"Fn::Sub": ["${AWS::Region} ${!Literal} ${Local} ${Other.Arn}", {"Local": {"Ref": "Far"}}]}
    assert set(references([text, {"Ref": "AWS::AccountId"}])) == {"Other", "Far"}


def copied(resources: dict[str, Any], names: dict[str, str], suffix: str) -> dict[str, Any]:
    """The resources with other ids and names; what they refer to among themselves is renamed alike."""
    ids = "|".join(sorted(map(re.escape, resources), key=len, reverse=True))
    text = re.sub(rf'"({ids})"', rf'"\g<1>{suffix}"', json.dumps(resources))
    for name in names.values():
        text = text.replace(name, f"{name}-{suffix.lower()}")
    return dict(json.loads(text))


def grown(whole: dict[str, Any], owners: dict[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """A third more functions, each with its role, log group and events, in the stack of the original."""
    resources, owner_of = dict(whole["Resources"]), dict(owners)
    handlers_ = [name for name in functions() if name != API][::3]
    for name in handlers_:
        ids = [logical(name), logical(f"{name}-role"), logical(f"{name}-log-group")]
        resources |= copied({each: whole["Resources"][each] for each in ids}, {name: name}, COPY)
        owner_of |= {f"{each}{COPY}": owners[each] for each in ids}
    return {**whole, "Resources": resources}, owner_of


def multiplied(whole: dict[str, Any], single: set[str]) -> dict[str, Any]:
    """A third more resources, but for those that a stage has once."""
    names = [name for name in whole["Resources"] if name not in single][::3]
    several = {name: whole["Resources"][name] for name in names}
    return {**whole, "Resources": whole["Resources"] | copied(several, {}, COPY)}


def routes_of_more_contexts() -> dict[str, Any]:
    """A third more routes, in contexts of their own."""
    routes = dict(handlers.chalice_app().routes)
    for path, methods in list(routes.items())[::3]:
        first, *others = path.split("/")[1:]
        named = [first, others[0] + COPY, *others[1:]] if others else [first + COPY]
        routes["/" + "/".join(named)] = methods
    return routes


def test_with_a_third_more_every_stack_has_room(packaged: Packaged) -> None:
    out: Path = packaged("dev")
    whole = united(out)
    paths = gateway.paths(routes_of_more_contexts())
    whole["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]["paths"] = paths
    stacks = split(*grown(whole, stack_split.owners()))
    once = {"SecretsKey", "SecretsKeyAlias", "ImagesBucket", "ArchiveBucket"}
    stacks["data"] = multiplied(read(out / "data.json"), once)
    stacks["watch"] = multiplied(read(out / "watch.json"), {"AlarmTopic", "AlarmSubscription"})

    transformed = dict(zip(stacks, expanded(*stacks.values()), strict=True))

    counts = {name: len(template["Resources"]) for name, template in transformed.items()}
    sizes = {name: len(json.dumps(template, separators=(",", ":"))) for name, template in transformed.items()}
    nodes = {tuple(path.split("/")[1 : n + 2]) for path in paths for n in range(path.count("/"))}
    assert sum(name.startswith("AWS::DynamoDB") for name in _types(transformed["data"])) >= 115
    assert sum(name == "AWS::Lambda::Function" for each in transformed.values() for name in _types(each)) >= 65
    assert max(counts.values()) <= MAX_RESOURCES, counts
    assert max(sizes.values()) <= MAX_BYTES, sizes
    assert len(nodes) <= MAX_PATH_RESOURCES


def _types(template: dict[str, Any]) -> list[str]:
    return [body["Type"] for body in template["Resources"].values()]
