"""Parses and validates form bodies against the parameter types of stripe-python (`stripe.params`).

An unknown parameter is rejected as by Stripe. Values are converted to their types.
"""

import importlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin
from urllib.parse import parse_qsl

from typing_extensions import get_type_hints, is_typeddict

from infra.sandbox.server import Json
from infra.sandbox.stripe.errors import ApiError, missing_parameter


@dataclass
class Shape:
    """The type of a parameter: plain values, an object, a list, or an object with free keys (metadata)."""

    plain: set[type] = field(default_factory=set)
    children: dict[str, "Shape"] | None = None
    items: "Shape | None" = None
    free_keys: bool = False
    required: frozenset[str] = frozenset()


def parse_form(encoded: str) -> Json:
    """Parse `a[b][0]=x` to nested dicts; list positions stay keys until `read` converts them.

    Raises `ApiError` if a name is both a value and an object.
    """
    tree: Json = {}
    for name, value in parse_qsl(encoded, keep_blank_values=True):
        head, *rest = re.findall(r"[^\[\]]+|(?<=\[)(?=\])", name) or [name]
        branch, key = tree, head
        for step in rest:
            branch = branch.setdefault(key, {})
            if not isinstance(branch, dict):
                raise ApiError(f"Invalid object: {name}", param=name)
            key = step or str(len(branch))
        branch[key] = value
    return tree


@cache
def shape_of(name: str) -> Shape:
    """Return the shape of `stripe.params.<name>`, for example of `checkout.SessionCreateParams`."""
    module, _, kind = f"stripe.params.{name}".rpartition(".")
    return _object(getattr(importlib.import_module(module), kind))


def read(shape: Shape, raw: Any, path: str = "") -> Any:
    """Convert a raw value to its type. Raises `ApiError` with Stripe's code if it does not fit the shape."""
    if not isinstance(raw, dict):
        return _plain(shape, raw, path)
    if shape.children is not None:
        for name in raw:
            if name not in shape.children:
                unknown = f"{path}[{name}]" if path else name
                raise ApiError(f"Received unknown parameter: {unknown}", code="parameter_unknown", param=unknown)
        for name in shape.required - raw.keys():
            raise missing_parameter(f"{path}[{name}]" if path else name)
        return {
            name: read(shape.children[name], value, f"{path}[{name}]" if path else name) for name, value in raw.items()
        }
    if shape.items is not None:
        if not all(key.isdigit() for key in raw):
            raise ApiError("Invalid array", param=path)
        ordered = sorted(raw, key=int)
        return [read(shape.items, raw[key], f"{path}[{key}]") for key in ordered]
    if shape.free_keys:
        return dict(raw)
    raise ApiError("Invalid string", param=path)


def leaves(value: Any, path: str = "") -> list[str]:
    """Return the dotted names of all values, without list positions."""
    if isinstance(value, Mapping):
        return [leaf for name, each in value.items() for leaf in leaves(each, f"{path}.{name}" if path else name)]
    if isinstance(value, list):
        return [leaf for each in value for leaf in leaves(each, path)]
    return [path]


def _plain(shape: Shape, raw: str, path: str) -> Any:
    if raw == "" and (shape.children is not None or shape.items is not None or shape.free_keys):
        return ""  # an empty string clears the parameter, as documented
    if bool in shape.plain and raw in ("true", "false"):
        return raw == "true"
    if int in shape.plain and re.fullmatch(r"-?\d+", raw):
        return int(raw)
    if float in shape.plain and re.fullmatch(r"-?\d+(\.\d+)?", raw):
        return float(raw)
    if str in shape.plain:
        return raw
    kind, code = ("integer", "parameter_invalid_integer") if int in shape.plain else ("value", None)
    raise ApiError(f"Invalid {kind}: {raw}", code=code, param=path)


def _object(kind: Any) -> Shape:
    from stripe import RequestOptions

    options = RequestOptions.__required_keys__ | RequestOptions.__optional_keys__
    hints = get_type_hints(kind, localns={"StripeContext": object, "Mapping": Mapping})
    children = {name: _shape(hint) for name, hint in hints.items() if name not in options}
    return Shape(children=children, required=frozenset(kind.__required_keys__) - options)


def _shape(hint: Any) -> Shape:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return _merged([_shape(each) for each in arguments if each is not type(None)])
    if origin is Literal:
        return Shape(plain={type(each) for each in arguments})
    if origin is list:
        return Shape(items=_shape(arguments[0]))
    if is_typeddict(hint):
        return _object(hint)
    if hint in (bool, int, float, str):
        return Shape(plain={hint})
    if origin is dict or "UntypedStripeObject" in str(hint):
        return Shape(free_keys=True)
    return Shape(plain={str})  # decimals, for example, are sent as text


def _merged(shapes: list[Shape]) -> Shape:
    whole = Shape()
    for shape in shapes:
        whole.plain |= shape.plain
        whole.children = whole.children or shape.children
        whole.items = whole.items or shape.items
        whole.free_keys = whole.free_keys or shape.free_keys
        whole.required = whole.required or shape.required
    return whole
