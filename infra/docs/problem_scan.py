"""Find the problems that each operation can answer, from the sources of the functions that its route reaches.

A function reaches the functions, classes and tables that its code refers to, in calls or not, and the values that its
closure holds. A method of an object whose class is not known here is looked up by its name in the classes that the
function's module defines or imports, or names in annotations. So the result can hold a problem that no request causes,
for example one that a caller on the way catches. `tests/problem_records.py` fails a test that gets a problem which is
missing here.
"""

from __future__ import annotations

import ast
import functools
import importlib
import inspect
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path
from types import FunctionType, MethodType, ModuleType
from typing import Any

from chalicelib.kit.errors import Problem
from chalicelib.kit.http import EndpointSpec

OURS = "chalicelib."
FRAMEWORK = ("chalicelib.kit.http.", "chalicelib.kit.lazy_app")
"""Modules whose problems follow from the endpoint's specification (`kit/openapi_problems.py`)."""
ENTERED = ("__init__", "__post_init__", "__call__", "__enter__", "__exit__", "__iter__", "__next__")
"""Methods that run without being named."""
MAX_DEPTH = 3
"""Levels of containers and dataclasses that are searched for functions."""

Kinds = frozenset[type[Problem]]


def public_problems() -> list[type[Problem]]:
    """Return every class of problems that a caller can get, of the modules that are imported."""
    return [kind for kind in dict.fromkeys(_below(Problem)) if is_public(kind)]


def _below(kind: type[Problem]) -> Iterator[type[Problem]]:
    for sub in kind.__subclasses__():
        yield sub
        yield from _below(sub)


def is_public(kind: type[Problem]) -> bool:
    """Return whether a class of problems is one that callers get: no replayed response, no private signal."""
    return kind.__module__.startswith(OURS) and kind.status >= 400 and not kind.__name__.startswith("_")


def problems_of(view: Any, contract: EndpointSpec) -> Kinds:
    """Return the classes of the problems that a view's function, and the verifier of its caller, can raise."""
    start = [inspect.unwrap(view), contract.auth, *contract.errors]
    reached: set[FunctionType] = set()
    problems: set[type[Problem]] = set()
    waiting = [found for each in start for found in _contents(each)]
    while waiting:
        found = waiting.pop()
        if isinstance(found, type):
            problems |= {found} if is_public(found) else set()
        elif found not in reached:
            reached.add(found)
            waiting += _reached_by(found)
    return frozenset(problems)


@cache
def _reached_by(function: FunctionType) -> tuple[Any, ...]:
    """Return the functions and classes of problems that a function refers to."""
    module = sys.modules[function.__globals__["__name__"]]
    node = _nodes(module).get(function.__code__.co_firstlineno)
    if node is None or module.__name__.startswith(FRAMEWORK):
        return ()
    closure = (cell.cell_contents for cell in function.__closure__ or () if _is_filled(cell))
    values = [*closure, getattr(function, "__wrapped__", None), *_references(node, module)]
    return tuple(dict.fromkeys(found for value in values for found in _contents(value)))


def _is_filled(cell: Any) -> bool:
    try:
        return cell.cell_contents is not None
    except ValueError:  # a name that its function assigns later
        return False


def _references(node: ast.AST, module: ModuleType) -> Iterator[Any]:
    """Yield the objects that the names and attributes in a function may refer to."""
    names = _Names(module)
    for expression in _evaluated(node):
        found = names.objects(expression)
        yield from found
        if not found and isinstance(expression, ast.Attribute):
            yield from names.methods(expression.attr)


class _Names:
    """Resolves the names in a module, including imports inside functions."""

    def __init__(self, module: ModuleType) -> None:
        self._module = module

    def objects(self, node: ast.expr) -> list[Any]:
        """Return the objects that a name or a chain of attributes may refer to; empty if none is known."""
        if isinstance(node, ast.Attribute):
            return [getattr(owner, node.attr) for owner in self.objects(node.value) if hasattr(owner, node.attr)]
        if not isinstance(node, ast.Name):
            return []
        if hasattr(self._module, node.id):
            return [getattr(self._module, node.id)]
        return [target for name, target in _imports(self._module) if name == node.id]

    def methods(self, name: str) -> list[Any]:
        """Return the methods of this name of the classes that the module defines, imports or names."""
        return [method for kind in _classes(self._module) if (method := _own_method(kind, name)) is not None]


@cache
def _nodes(module: ModuleType) -> Mapping[int, ast.AST]:
    """Return a module's functions by their first line, that of the first decorator."""
    functions = (each for each in ast.walk(_tree(module)) if isinstance(each, ast.FunctionDef | ast.Lambda))
    return {_first_line(each): each for each in functions}


def _first_line(node: ast.FunctionDef | ast.Lambda) -> int:
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(each.lineno for each in decorators)])


@cache
def _tree(module: ModuleType) -> ast.Module:
    return ast.parse(Path(str(module.__file__)).read_text())


@cache
def _imports(module: ModuleType) -> tuple[tuple[str, Any], ...]:
    """Return the members of our modules that a module imports anywhere, with their local names."""
    return tuple(
        (alias.asname or alias.name, _member(str(node.module), alias.name))
        for node in ast.walk(_tree(module))
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith(OURS[:-1])
        for alias in node.names
    )


def _member(module: str, name: str) -> Any:
    owner = importlib.import_module(module)
    return getattr(owner, name) if hasattr(owner, name) else importlib.import_module(f"{module}.{name}")


@cache
def _classes(module: ModuleType) -> tuple[type, ...]:
    """Return our classes that a module defines or imports, and those that modules which it imports define."""
    members = [*vars(module).values(), *(target for _, target in _imports(module))]
    nested = [own for each in members if isinstance(each, ModuleType) for own in _defined_in(each)]
    classes = (each for each in (*members, *nested) if isinstance(each, type) and each.__module__.startswith(OURS))
    return tuple(dict.fromkeys(classes))


def _defined_in(module: ModuleType) -> Iterable[type]:
    if not module.__name__.startswith(OURS):
        return ()
    return (each for each in vars(module).values() if isinstance(each, type) and each.__module__ == module.__name__)


def _own_method(kind: type, name: str) -> Any:
    method = getattr(kind, name, None)
    return method if str(getattr(method, "__module__", "")).startswith(OURS) else None


def _evaluated(node: ast.AST) -> Iterator[ast.expr]:
    """Yield the names and attributes that run below a node: no annotations, and no types that are only compared."""
    if isinstance(node, ast.Name | ast.Attribute):
        yield node
    skipped = {"annotation", "returns", "type", "cls"}  # `type` of an except clause
    for name, value in ast.iter_fields(node):
        if name not in skipped:
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    yield from _evaluated(child)


def _contents(value: Any, depth: int = 0) -> Iterator[Any]:
    """Yield the functions and problem classes in a value: itself, or members of containers and dataclasses."""
    if isinstance(value, functools.partial):
        yield from _contents((value.func, value.args, value.keywords), depth)
    elif isinstance(value, MethodType):
        yield from _contents(value.__func__, depth)
    elif isinstance(value, FunctionType | functools._lru_cache_wrapper):
        function = getattr(value, "__wrapped__", value) if not isinstance(value, FunctionType) else value
        if str(getattr(function, "__module__", "")).startswith(OURS):
            yield function
    elif isinstance(value, type):
        yield from _of_class(value)
    elif depth < MAX_DEPTH:
        for member in _members(value):
            yield from _contents(member, depth + 1)


def _of_class(kind: type) -> Iterator[Any]:
    if not kind.__module__.startswith(OURS):
        return
    if issubclass(kind, Problem):
        yield kind
    for name in ENTERED:
        method = _own_method(kind, name)
        if isinstance(method, FunctionType):
            yield method


def _members(value: Any) -> Iterable[Any]:
    if isinstance(value, Mapping):
        return tuple(value.values())
    if isinstance(value, tuple | list | set | frozenset):
        return tuple(value)
    own = type(value)
    if not own.__module__.startswith(OURS):
        return ()
    values = [getattr(value, each.name) for each in fields(value)] if is_dataclass(value) else []
    return (*values, *(_own_method(own, name) for name in ENTERED[2:]))
