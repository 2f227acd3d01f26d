"""The AWS access that a function needs, derived from the definitions that its code can reach (`reachability`)."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from pynamodb.models import Model

from chalicelib.kit.route_table import serving_function
from infra.deploy import handlers
from infra.deploy.handlers import ROOT
from infra.deploy.packaging import reachability, references, table_uses
from infra.deploy.packaging.errors import PackagingFailed
from infra.deploy.packaging.names import HTTP_FUNCTIONS
from infra.deploy.packaging.reachability import AT_IMPORT, OURS, Definition
from infra.deploy.packaging.references import Kind


class ServiceHidden(PackagingFailed):
    """A module builds an AWS client without a literal service name, so its permissions cannot be derived."""


@dataclass(frozen=True, slots=True)
class Requirements:
    """The facts from which a function's policy is generated."""

    definitions: frozenset[Definition]
    """What the function's code can reach."""
    modules: frozenset[str]
    """Our modules with a reached definition."""
    services: frozenset[str]
    """AWS services that the reached code builds clients of."""
    tables: dict[type[Model], frozenset[str]]
    """By table that the reached code names: the actions that it can need there."""
    topics: tuple[str, ...]
    queues: tuple[str, ...]
    """Logical names of the topics and queues of the message classes that the reached code uses."""
    identifiers: dict[str, frozenset[str]]
    """By module: every name and attribute that its reached code reads."""

    @property
    def contexts(self) -> set[str]:
        """The contexts with a reached definition."""
        parts = {module.split(".")[1] for module in self.modules if "." in module}
        return parts - {"kit", "integrations"}

    def identifiers_of(self, *modules: str) -> frozenset[str]:
        """Return the identifiers of these modules' reached code, by default of all."""
        chosen = modules or self.identifiers
        return frozenset[str]().union(*(self.identifiers.get(module, frozenset()) for module in chosen))


def of(entries: Iterable[Definition]) -> Requirements:
    """Return the needs of a function with these entry points."""
    reached = reachability.reached(entries)
    sent = frozenset[Kind]().union(*map(messages_of, reached))
    identifiers: dict[str, set[str]] = defaultdict(set)
    for each in reached:
        identifiers[each[0]] |= _read(each)
    return Requirements(
        definitions=reached,
        modules=frozenset(module for module, name in reached if name != AT_IMPORT),
        services=frozenset[str]().union(*map(_clients, reached)),
        tables=table_uses.of(reached),
        topics=tuple(sorted({kind.topic for kind in sent if kind.topic})),
        queues=tuple(sorted({kind.queue for kind in sent if kind.queue})),
        identifiers={module: frozenset(names) for module, names in identifiers.items()},
    )


def of_http(function: str) -> Requirements:
    """Return the needs of a function behind API Gateway; its entry points are the views of the routes that it serves."""
    routes = handlers.chalice_app().routes.values()
    served = (methods for methods in routes if HTTP_FUNCTIONS[serving_function(methods)] == function)
    views = [entry.view_function for methods in served for entry in methods.values()]
    return of((view.__module__, view.__name__) for view in views)


def of_handler(entry: str) -> Requirements:
    """Return the needs of the handler with this import path, `module.function`."""
    module, _, name = entry.rpartition(".")
    return of([(module, name)])


def services() -> set[str]:
    """Return every AWS service that the bundle builds a client of."""
    everything = (ROOT / OURS).rglob("*.py")
    return {service for path in everything for service in _clients_in(ast.parse(path.read_text()))}


@cache
def messages_of(definition: Definition) -> frozenset[Kind]:
    """Return the message classes with a topic or queue that a definition's code uses."""
    return references.messages_used(definition[0], reachability.source_of(definition))


@cache
def _read(definition: Definition) -> frozenset[str]:
    """Return every name and attribute that the code reads, e.g. `scan` in `Model.scan(…)` and `find = Model.scan`."""
    nodes = reachability.nodes_of(definition)
    read = (node for node in nodes if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load))
    return frozenset(node.id if isinstance(node, ast.Name) else node.attr for node in read)


@cache
def _clients(definition: Definition) -> frozenset[str]:
    return frozenset(_clients_in(reachability.source_of(definition)))


def _clients_in(tree: ast.Module) -> Iterator[str]:
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
    for other in ast.walk(tree):
        if isinstance(other, ast.Attribute) and _is_client(other) and other not in called:
            raise ServiceHidden(f"line {other.lineno}: call {ast.unparse(other)} directly")


def _is_client(node: ast.expr) -> bool:
    """Return whether an expression is `aws.client`, the only function that builds clients."""
    return isinstance(node, ast.Attribute) and node.attr == "client" and ast.unparse(node.value) == "aws"


def _call_nodes(tree: ast.Module) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))
