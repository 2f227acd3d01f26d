"""What a function can reach: read from the sources of every module that it imports, also inside functions."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from chalicelib.kit.messages import Message
from infra import data_stack, handlers
from infra.handlers import ROOT

OURS = "chalicelib"


@dataclass(frozen=True, slots=True)
class Needs:
    """What a function's policy is made of."""

    modules: frozenset[str]
    """Our modules that it imports, also through others."""
    services: frozenset[str]
    """AWS services that those modules build clients of."""
    table_contexts: tuple[str, ...]
    """The contexts whose tables those modules declare."""
    topics: tuple[str, ...]
    queues: tuple[str, ...]
    """Logical names of where the messages go that those modules construct."""
    scans: bool
    deletes_in_batches: bool
    """Whether it sends PartiQL's DELETE."""
    describes: bool
    """Whether it asks how large tables are."""
    reads_secrets: bool


def of(modules: Iterable[str]) -> Needs:
    """The needs of a function that starts by importing these modules."""
    reached = _closure(frozenset(modules))
    called = frozenset(name for module in reached for name in _calls(module))
    sent = [kind for kind in _messages() if kind.__module__ in reached and kind.__name__ in called]
    return Needs(
        modules=reached,
        services=frozenset(service for module in reached for service in _clients(module)),
        table_contexts=tuple(
            sorted({m.__module__.split(".")[1] for m in data_stack.models() if m.__module__ in reached})
        ),
        topics=tuple(sorted({kind.topic for kind in sent if kind.topic})),
        queues=tuple(sorted({kind.queue for kind in sent if kind.queue})),
        scans="scan" in called,
        deletes_in_batches="batch_execute_statement" in called,
        describes="describe_table" in called,
        reads_secrets="secret" in called,
    )


def of_api() -> Needs:
    """The needs of the HTTP API: of the modules whose functions answer its routes."""
    routes = handlers.chalice_app().routes.values()
    return of(entry.view_function.__module__ for methods in routes for entry in methods.values())


def services() -> set[str]:
    """Every AWS service that the bundle builds a client of."""
    everything = (ROOT / OURS).rglob("*.py")
    return {service for path in everything for service in _clients_in(ast.parse(path.read_text()))}


def _closure(start: frozenset[str]) -> frozenset[str]:
    reached: set[str] = set()
    waiting = set(start)
    while waiting:
        module = waiting.pop()
        reached.add(module)
        waiting |= set(_imports(module)) - reached
    return frozenset(reached)


@cache
def _tree(module: str) -> ast.Module | None:
    base = ROOT.joinpath(*module.split("."))
    for path in (base.with_suffix(".py"), base / "__init__.py"):
        if path.exists():
            return ast.parse(path.read_text())
    return None


@cache
def _imports(module: str) -> frozenset[str]:
    """`from chalicelib.kit import aws` names a module, too; names that are no module have no source."""
    named: set[str] = set()
    for node in ast.walk(_tree(module) or ast.Module([], [])):
        if isinstance(node, ast.Import):
            named |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            named |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(name for name in named if name.partition(".")[0] == OURS and _tree(name) is not None)


@cache
def _calls(module: str) -> frozenset[str]:
    """Every name that is called there: `scan` of `Model.scan(…)`, `OrderPaid` of `OrderPaid(…)` and `OrderPaid.of(…)`."""
    return frozenset(name for node in _call_nodes(_tree(module)) for name in _names(node.func))


def _names(function: ast.expr) -> Iterator[str]:
    if isinstance(function, ast.Name):
        yield function.id
    elif isinstance(function, ast.Attribute):
        yield function.attr
        if isinstance(function.value, ast.Name | ast.Attribute):
            yield from _names(function.value)


@cache
def _clients(module: str) -> frozenset[str]:
    return frozenset(_clients_in(_tree(module)))


def _clients_in(tree: ast.Module | None) -> Iterator[str]:
    """The services of `aws.client("…")`."""
    for node in _call_nodes(tree):
        first = node.args[0] if node.args else None
        if "client" in _names(node.func) and isinstance(first, ast.Constant):
            yield str(first.value)


def _call_nodes(tree: ast.Module | None) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree or ast.Module([], [])) if isinstance(node, ast.Call))


def _messages(kind: type[Message] = Message) -> Iterator[type[Message]]:
    for sub in kind.__subclasses__():
        yield sub
        yield from _messages(sub)
