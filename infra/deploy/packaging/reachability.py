"""Find the definitions that a function's code can reach: functions, classes and tables, from its entry points.

A definition is reached if code of a reached one names it: in a call, a table of functions, an alias, a default, a decorator
or an annotation. A class is reached as a whole. A module that is used as a value (`for context in (shops, billing)`) is
reached as a whole, too. Statements that run at import, such as registrations, count for every module that is reached.

Names looked up by text (`getattr(messages, name)`) cannot be followed, so they are refused.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import cache

from infra.deploy.handlers import ROOT
from infra.deploy.packaging.errors import PackagingFailed

OURS = "chalicelib"
AT_IMPORT = ""
"""The name of a module's statements that run at import and bind no name."""
LOOKS_UP = {
    "chalicelib.billing.service": "the imports for the type checker name the same functions",
    "chalicelib.kit.child_entry": "runs in a child process, without credentials",
    "chalicelib.kit.lazy_app": "the views that a function serves are its entry points",
}
"""Modules that may look up names by text, with the reason why this hides no right."""

Definition = tuple[str, str]
"""A module and a name at its top level."""


class NameHidden(PackagingFailed):
    """Code looks up a name by text, so the rights that it needs cannot be derived."""


def reached(entries: Iterable[Definition]) -> frozenset[Definition]:
    """Return the definitions that the code of the entry points can reach, themselves included. Raises NameHidden."""
    found: set[Definition] = set()
    waiting = list(entries)
    while waiting:
        each = waiting.pop()
        if each not in found:
            found.add(each)
            waiting += named(*each)
            waiting.append((each[0], AT_IMPORT))
    return frozenset(found)


@cache
def source_of(definition: Definition) -> ast.Module:
    """Return the statements that make a definition."""
    module, name = definition
    return ast.Module(_definitions(module).get(name, []), [])


@cache
def nodes_of(definition: Definition) -> tuple[ast.AST, ...]:
    """Return every node of a definition's code."""
    return tuple(ast.walk(source_of(definition)))


@cache
def source(module: str) -> ast.Module | None:
    """Return the module's source; None if it is none of ours."""
    base = ROOT.joinpath(*module.split("."))
    for path in (base.with_suffix(".py"), base / "__init__.py"):
        if path.exists():
            return ast.parse(path.read_text())
    return None


def _body(module: str) -> list[ast.stmt]:
    tree = source(module)
    return tree.body if tree else []


@cache
def import_nodes(module: str) -> list[ast.stmt]:
    """Return every import of a module, including those inside functions."""
    return [node for part in _body(module) for node in ast.walk(part) if isinstance(node, ast.Import | ast.ImportFrom)]


@cache
def _definitions(module: str) -> dict[str, list[ast.stmt]]:
    """Return the top-level statements of a module by the names that they bind; `AT_IMPORT` for those that bind none."""
    found: dict[str, list[ast.stmt]] = {}
    for node in _body(module):
        if isinstance(node, ast.Import | ast.ImportFrom) or _is_text(node):
            continue
        for name in _bound(node) or [AT_IMPORT]:
            found.setdefault(name, []).append(node)
    return found


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _bound(node: ast.stmt) -> list[str]:
    """Return the names that a top-level statement binds, including those in the branches of an `if` or `try`."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.If | ast.Try | ast.With | ast.For):
        inner = [part for part in ast.iter_child_nodes(node) if isinstance(part, ast.stmt)]
        return [name for part in inner for name in _bound(part)]
    return [part.id for part in ast.walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)]


@cache
def _imported(module: str) -> dict[str, set[str]]:
    """Return the full names of what a module imports, by local name; imports inside functions count, too."""
    found: dict[str, set[str]] = {}
    for node in import_nodes(module):
        if isinstance(node, ast.Import):
            for alias in node.names:
                target = alias.name if alias.asname else alias.name.partition(".")[0]
                found.setdefault(alias.asname or target, set()).add(target)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                found.setdefault(alias.asname or alias.name, set()).add(f"{node.module}.{alias.name}")
    return found


@cache
def named(module: str, name: str) -> frozenset[Definition]:
    """Return the definitions that the code of one definition names. Raises NameHidden."""
    found: set[Definition] = set()
    for node in _definitions(module).get(name, ()):
        for expression in _references(node):
            found |= named_by(module, expression)
        if module not in LOOKS_UP:
            _refuse_lookups(module, node)
    return frozenset(found)


def _references(node: ast.AST) -> Iterator[ast.expr]:
    """Yield the names and the longest chains of attributes below a node."""
    if isinstance(node, ast.Name):
        yield node
    elif isinstance(node, ast.Attribute):
        yield node
        if not isinstance(_root(node), ast.Name):
            yield from _references(node.value)
    else:
        for child in ast.iter_child_nodes(node):
            yield from _references(child)


def _root(node: ast.expr) -> ast.expr:
    while isinstance(node, ast.Attribute):
        node = node.value
    return node


def named_by(module: str, expression: ast.expr) -> set[Definition]:
    """Return the definitions that a name or a chain of attributes in a module stands for."""
    return {one for place in _places(module, _path(expression)) for one in _whole(place)}


def _path(node: ast.expr) -> list[str]:
    """Return the names of a chain of attributes; empty if it does not begin with a name."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return [node.id, *reversed(parts)] if isinstance(node, ast.Name) else []


def _places(module: str, path: list[str]) -> set[Definition]:
    """Return what a chain of attributes in a module leads to; a module as (its name, `AT_IMPORT`)."""
    if not path:
        return set()
    found = set(_resolve(module, path[0]))
    for attribute in path[1:]:
        if not found:
            break
        found = {each for place in found for each in (_resolve(place[0], attribute) if _is_module(place) else [place])}
    return found


def _is_module(place: Definition) -> bool:
    return place[1] == AT_IMPORT


@cache
def _resolve(module: str, name: str) -> frozenset[Definition]:
    """Return the definitions or modules that a name in a module may stand for; empty for a local or foreign name."""
    found: set[Definition] = set()
    if name in _definitions(module):
        found.add((module, name))
    for target in _imported(module).get(name, ()):
        if target.partition(".")[0] == OURS:
            owner, _, last = target.rpartition(".")
            found |= {(target, AT_IMPORT)} if source(target) else (_resolve(owner, last) if owner else set())
    if not found and source(f"{module}.{name}"):
        found.add((f"{module}.{name}", AT_IMPORT))
    return frozenset(found)


def _whole(place: Definition) -> Iterator[Definition]:
    """Yield the definition, or all definitions of a module that is used as a value."""
    yield place
    if place[1] == AT_IMPORT:
        yield from ((place[0], name) for name in _definitions(place[0]))


def _refuse_lookups(module: str, node: ast.AST) -> None:
    """Raise NameHidden if the code looks up a name of a module of ours by text."""
    for part in ast.walk(node):
        if isinstance(part, ast.Call):
            path = _path(part.func)
            looks_up = path[-1:] in (["import_module"], ["__import__"], ["globals"])
            reads = path in (["getattr"], ["vars"], ["dir"], ["setattr"]) and _holds_module(module, part.args[:1])
            if looks_up or reads:
                raise NameHidden(
                    f"{module}, line {part.lineno}: write {ast.unparse(part)} as a name or a table of names"
                )
        elif isinstance(part, ast.Attribute):
            is_dictionary = part.attr == "__dict__" and _holds_module(module, [part.value])
            if is_dictionary or _path(part) == ["sys", "modules"]:
                raise NameHidden(f"{module}, line {part.lineno}: name what {ast.unparse(part)} looks up")


def _holds_module(module: str, expressions: list[ast.expr]) -> bool:
    return any(_is_module(place) for each in expressions for place in _places(module, _path(each)))
