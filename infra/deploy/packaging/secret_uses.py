"""Find the secrets that reached code reads: the names in its calls of `secret_reader`.

The values in an f-string (`f"SHOPIFY_{handle}_SCOPES"`) become `*`. Passwords of shared servers have one prefix.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from infra.deploy.packaging import reachability
from infra.deploy.packaging.errors import PackagingFailed
from infra.deploy.packaging.reachability import Definition

READER = "chalicelib.kit.secret_reader"
SECRET, SHARED_PASSWORD = (READER, "secret"), (READER, "shared_password")


class SecretHidden(PackagingFailed):
    """Code reads a secret whose name is not written there, so its permission cannot be derived."""


def of(reached: Iterable[Definition], shared: str) -> list[str]:
    """Return the names, sorted, with `*` for what is not known. `shared` begins the names of shared servers' passwords.

    Raises SecretHidden.
    """
    found: set[str] = set()
    for definition in reached:
        if definition[0] != READER:
            found |= set(_names(definition))
        elif definition == SHARED_PASSWORD:
            found.add(f"{shared}*")
    return sorted(found)


def _names(definition: Definition) -> Iterator[str]:
    nodes = reachability.nodes_of(definition)
    inner = {id(node.func) for node in nodes if isinstance(node, ast.Call)}
    inner |= {id(node.value) for node in nodes if isinstance(node, ast.Attribute)}
    for node in nodes:
        if isinstance(node, ast.Call) and _is_secret(definition[0], node.func):
            yield _name(definition[0], node)
        elif isinstance(node, ast.expr) and id(node) not in inner and _is_secret(definition[0], node):
            raise SecretHidden(f"{definition[0]}, line {node.lineno}: call {ast.unparse(node)} directly")


def _is_secret(module: str, node: ast.expr) -> bool:
    return SECRET in reachability.named_by(module, node) if isinstance(node, ast.Name | ast.Attribute) else False


def _name(module: str, call: ast.Call) -> str:
    """Return the name in a call: a literal, or an f-string that begins with one."""
    first = call.args[0] if call.args else None
    parts = first.values if isinstance(first, ast.JoinedStr) else [first]
    if not isinstance(parts[0], ast.Constant):
        raise SecretHidden(f"{module}, line {call.lineno}: write the name's beginning in {ast.unparse(call)}")
    return "".join(str(part.value) if isinstance(part, ast.Constant) else "*" for part in parts)
