"""The AWS access that a function needs, derived from the sources of all modules that it imports.

Imports inside functions count, too.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from chalicelib.kit.route_table import serving_function
from infra.deploy import data_stack, handlers
from infra.deploy.handlers import ROOT
from infra.deploy.packaging import references
from infra.deploy.packaging.errors import PackagingFailed
from infra.deploy.packaging.names import HTTP_FUNCTIONS
from infra.deploy.packaging.references import OURS, Kind


class ServiceHidden(PackagingFailed):
    """A module builds an AWS client without a literal service name, so its permissions cannot be derived."""


@dataclass(frozen=True, slots=True)
class Requirements:
    """The facts from which a function's policy is generated."""

    modules: frozenset[str]
    """Our modules that it imports, directly or through others."""
    services: frozenset[str]
    """AWS services that those modules build clients of."""
    table_contexts: tuple[str, ...]
    """The contexts whose tables those modules declare."""
    topics: tuple[str, ...]
    queues: tuple[str, ...]
    """Logical names of the topics and queues of the message classes that those modules use."""
    scans: bool
    deletes_in_batches: bool
    """Whether it executes PartiQL DELETE statements."""
    describes: bool
    """Whether it reads the sizes of tables."""
    reads_secrets: bool


def of(modules: Iterable[str]) -> Requirements:
    """Return the needs of a function whose entry points are these modules."""
    reached = _closure(frozenset(modules))
    named = frozenset(name for module in reached for name in _identifiers(module))
    sent = frozenset(kind for module in reached for kind in messages_of(module))
    return Requirements(
        modules=reached,
        services=frozenset(service for module in reached for service in _clients(module)),
        table_contexts=tuple(
            sorted({m.__module__.split(".")[1] for m in data_stack.models() if m.__module__ in reached})
        ),
        topics=tuple(sorted({kind.topic for kind in sent if kind.topic})),
        queues=tuple(sorted({kind.queue for kind in sent if kind.queue})),
        scans="scan" in named,
        deletes_in_batches="batch_execute_statement" in named,
        describes="describe_table" in named,
        reads_secrets="secret" in named,
    )


def of_http(function: str) -> Requirements:
    """Return the needs of a function behind API Gateway; its entry points are the modules of the routes that it serves."""
    routes = handlers.chalice_app().routes.values()
    served = (methods for methods in routes if HTTP_FUNCTIONS[serving_function(methods)] == function)
    return of(entry.view_function.__module__ for methods in served for entry in methods.values())


def services() -> set[str]:
    """Return every AWS service that the bundle builds a client of."""
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
    """Return our modules that a module imports. `from package import name` imports a module if `name` has a source."""
    named: set[str] = set()
    for node in ast.walk(_tree(module) or ast.Module([], [])):
        if isinstance(node, ast.Import):
            named |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            named |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(name for name in named if name.partition(".")[0] == OURS and _tree(name) is not None)


@cache
def messages_of(module: str) -> frozenset[Kind]:
    """Return the message classes with a topic or queue that a module's code uses."""
    return references.messages_used(module, _tree(module) or ast.Module([], []))


@cache
def _identifiers(module: str) -> frozenset[str]:
    """Return every name and attribute that the module reads, e.g. `scan` in `Model.scan(…)` and `find = Model.scan`."""
    read = [
        node for node in ast.walk(_tree(module) or ast.Module([], [])) if isinstance(node, ast.Name | ast.Attribute)
    ]
    return frozenset(
        node.id if isinstance(node, ast.Name) else node.attr for node in read if isinstance(node.ctx, ast.Load)
    )


@cache
def _clients(module: str) -> frozenset[str]:
    return frozenset(_clients_in(_tree(module)))


def _clients_in(tree: ast.Module | None) -> Iterator[str]:
    """Yield the services of `aws.client("…")`.

    Raises ServiceHidden if a service is not a literal, or if `aws.client` is used other than by a direct call.
    """
    called: set[ast.expr] = set()
    for node in _call_nodes(tree):
        if _is_client(node.func):
            called.add(node.func)
            first = node.args[0] if node.args else None
            if not isinstance(first, ast.Constant):
                raise ServiceHidden(f"line {node.lineno}: name the service in {ast.unparse(node)}")
            yield str(first.value)
    for other in ast.walk(tree or ast.Module([], [])):
        if isinstance(other, ast.Attribute) and _is_client(other) and other not in called:
            raise ServiceHidden(f"line {other.lineno}: call {ast.unparse(other)} directly")


def _is_client(node: ast.expr) -> bool:
    """Return whether an expression is `aws.client`, the only function that builds clients."""
    return isinstance(node, ast.Attribute) and node.attr == "client" and ast.unparse(node.value) == "aws"


def _call_nodes(tree: ast.Module | None) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree or ast.Module([], [])) if isinstance(node, ast.Call))
