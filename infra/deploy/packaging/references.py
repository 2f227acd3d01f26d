"""Find the message classes that a module's code uses: its functions may publish them.

A use is any reference to the class that is evaluated when the code runs: a call, an entry of a table, an alias, an
attribute of an imported module, a default, a branch of a conditional expression. Annotations, unions of types
(`OrderPaid | OrderEdited`), base classes and the arguments of `@consumes` and `@consumes_many` are no uses: none of them
creates a message.

A function that publishes its parameter (`publish(request.model_copy(…))`) names no class there. The annotation of the
parameter counts instead, or the bound of its type variable, with every subclass.
"""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, TypeVar

from chalicelib.kit.messages import Message
from infra.deploy.packaging.reachability import OURS, import_nodes

PUBLISHERS = frozenset({"publish", "publish_many"})
TYPE_ARGUMENTS = {
    "cast": slice(0, 1),
    "consumes": slice(None),
    "consumes_many": slice(None),
    "isinstance": slice(1, 2),
    "issubclass": slice(1, 2),
}
"""Functions that take classes without making an instance, and the positions of those arguments."""

Kind = type[Message]


def messages_used(module: str, tree: ast.Module) -> frozenset[Kind]:
    """Return the message classes that have a topic or queue and that the code uses.

    `tree` is the module's source or a part of it. The module is imported: names are resolved to the objects that they stand for.
    """
    names = names_in(module)
    kinds = {kind for node in _evaluated(tree) for kind in names.kinds(node)}
    passed = {kind for function in _functions(tree) for kind in _passed_on(function, names)}
    return frozenset(kind for kind in kinds | passed if kind.topic or kind.queue)


class Names:
    """Resolves the names in a module, including imports inside functions."""

    def __init__(self, module: str, imports: Iterable[ast.stmt]) -> None:
        self._module = module
        self._imported: dict[str, set[str]] = {}
        for node in imports:
            if isinstance(node, ast.Import):
                for alias in node.names:
                    target = alias.name if alias.asname else alias.name.partition(".")[0]
                    self._imported.setdefault(alias.asname or target, set()).add(target)
            elif isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    self._imported.setdefault(alias.asname or alias.name, set()).add(f"{node.module}.{alias.name}")

    def kinds(self, node: ast.expr) -> set[Kind]:
        """Return the message classes that a name or a chain of attributes refers to."""
        return {found for found in self.objects(node) if isinstance(found, type) and issubclass(found, Message)}

    def objects(self, node: ast.expr) -> list[Any]:
        """Return the objects that a name or a chain of attributes may refer to; empty for other expressions."""
        if isinstance(node, ast.Attribute):
            return [getattr(owner, node.attr) for owner in self.objects(node.value) if hasattr(owner, node.attr)]
        if not isinstance(node, ast.Name):
            return []
        if node.id not in self._imported:
            return _objects(f"{self._module}.{node.id}")
        ours = (target for target in self._imported[node.id] if target.partition(".")[0] == OURS)
        return [found for target in ours for found in _objects(target)]


@cache
def names_in(module: str) -> Names:
    """Return the resolver of a module's names."""
    return Names(module, import_nodes(module))


@cache
def _objects(dotted: str) -> list[Any]:
    """Return the module or module member with this full name; empty if there is none."""
    try:
        return [importlib.import_module(dotted)]
    except ModuleNotFoundError:
        owner, _, name = dotted.rpartition(".")
        module = importlib.import_module(owner)
        return [getattr(module, name)] if hasattr(module, name) else []


def _evaluated(node: ast.AST) -> Iterator[ast.expr]:
    """Yield the names and attributes that are evaluated below a node, without those that only state a type."""
    if isinstance(node, ast.Name | ast.Attribute):
        yield node
    if isinstance(node, ast.Call) and _called(node) in TYPE_ARGUMENTS:
        types = node.args[TYPE_ARGUMENTS[_called(node)]]
        values = (argument for argument in node.args if argument not in types)
        yield from (found for value in values for found in _evaluated(value))
        return
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        sides = (side for side in (node.left, node.right) if not isinstance(side, ast.Name | ast.Attribute))
        yield from (found for side in sides for found in _evaluated(side))
        return
    skipped = {"annotation", "returns", "bases", "cls"}  # `cls` of `case OrderPaid():`
    for name, value in ast.iter_fields(node):
        if name not in skipped:
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    yield from _evaluated(child)


def _called(call: ast.Call) -> str:
    function = call.func
    return function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")


def _functions(tree: ast.Module) -> Iterator[ast.FunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def _passed_on(function: ast.FunctionDef, names: Names) -> Iterator[Kind]:
    """Yield the classes of the parameters that the function publishes, including copies of them."""
    published = {
        root
        for call in ast.walk(function)
        if isinstance(call, ast.Call) and _called(call) in PUBLISHERS
        for argument in call.args
        for root in _roots(argument)
    }
    origins = _origins(function)
    while more := {root for name in published for root in origins.get(name, ())} - published:
        published |= more
    arguments = function.args
    for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
        if argument.arg in published and argument.annotation:
            for node in ast.walk(argument.annotation):
                if isinstance(node, ast.expr):
                    yield from _declared(node, names)


def _roots(node: ast.expr) -> Iterator[str]:
    """Yield the variables that an expression's value is taken or copied from."""
    if isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, ast.Attribute | ast.Starred | ast.Subscript):
        yield from _roots(node.value)
    elif isinstance(node, ast.Call):
        yield from _roots(node.func)
    elif isinstance(node, ast.IfExp):
        yield from (*_roots(node.body), *_roots(node.orelse))
    elif isinstance(node, ast.List | ast.Tuple | ast.Set):
        for element in node.elts:
            yield from _roots(element)
    elif isinstance(node, ast.GeneratorExp | ast.ListComp | ast.SetComp):
        yield from _roots(node.elt)
        for generator in node.generators:
            yield from _roots(generator.iter)


def _origins(function: ast.FunctionDef) -> dict[str, set[str]]:
    """Return, by local variable, the variables that its values come from."""
    found: dict[str, set[str]] = {}
    for node in ast.walk(function):
        pairs: list[tuple[ast.expr, ast.expr]] = []
        if isinstance(node, ast.Assign):
            pairs = [(target, node.value) for target in node.targets]
        elif isinstance(node, ast.For):
            pairs = [(node.target, node.iter)]
        for target, value in pairs:
            for name in ast.walk(target):
                if isinstance(name, ast.Name):
                    found.setdefault(name.id, set()).update(_roots(value))
    return found


def _declared(node: ast.expr, names: Names) -> Iterator[Kind]:
    """Yield the message classes that an annotation admits. Ignore `Message` itself, which library functions use."""
    for found in names.objects(node):
        kind = found.__bound__ if isinstance(found, TypeVar) else found
        if isinstance(kind, type) and issubclass(kind, Message) and kind is not Message:
            yield from with_subclasses(kind)


def with_subclasses(kind: Kind) -> Iterator[Kind]:
    """Yield the class and all its subclasses."""
    yield kind
    for sub in kind.__subclasses__():
        yield from with_subclasses(sub)
