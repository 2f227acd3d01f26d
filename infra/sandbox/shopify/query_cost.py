"""Computes the cost of a GraphQL operation before execution.

Source: https://shopify.dev/docs/apps/build/apis/graphql-admin/rate-limits.
"""

from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    VariableNode,
    get_named_type,
)

OBJECT_POINTS = 1
MUTATION_POINTS = 10
DEFAULT_PAGE = 10


def query_cost(schema: GraphQLSchema, document: DocumentNode, variables: dict[str, Any]) -> int:
    """Return the requested cost in points.

    A scalar costs 0, an object 1, a mutation 10. A connection costs 2 plus its page size times the cost of its
    selection. Edges and `pageInfo` cost nothing: `edges { node }` costs the same as `nodes`.
    """
    fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    total = 0
    for node in document.definitions:
        if not isinstance(node, OperationDefinitionNode):
            continue
        root = schema.get_root_type(node.operation)
        if root is None:
            continue
        if node.operation is OperationType.MUTATION:
            total += MUTATION_POINTS * len(node.selection_set.selections)
        else:
            total += _selection_cost(root, node.selection_set, fragments, variables)
    return total


def _selection_cost(
    parent: GraphQLObjectType | GraphQLInterfaceType,
    selection: SelectionSetNode,
    fragments: dict[str, FragmentDefinitionNode],
    variables: dict[str, Any],
) -> int:
    total = 0
    for node in selection.selections:
        if isinstance(node, FieldNode):
            field = parent.fields.get(node.name.value)
            kind = get_named_type(field.type) if field else None
            if not isinstance(kind, GraphQLObjectType | GraphQLInterfaceType) or node.selection_set is None:
                continue
            inside = _selection_cost(kind, node.selection_set, fragments, variables)
            if kind.name.endswith("Connection"):
                total += 2 + _page_size(node, variables) * inside
            elif kind.name == "PageInfo" or kind.name.endswith("Edge"):
                total += inside
            else:
                total += OBJECT_POINTS + inside
        elif isinstance(node, InlineFragmentNode):
            total += _selection_cost(parent, node.selection_set, fragments, variables)
        elif isinstance(node, FragmentSpreadNode) and node.name.value in fragments:
            total += _selection_cost(parent, fragments[node.name.value].selection_set, fragments, variables)
    return total


def _page_size(node: FieldNode, variables: dict[str, Any]) -> int:
    for argument in node.arguments or ():
        if argument.name.value in ("first", "last"):
            if isinstance(argument.value, IntValueNode):
                return int(argument.value.value)
            if isinstance(argument.value, VariableNode):
                return int(variables.get(argument.value.name.value) or DEFAULT_PAGE)
    return DEFAULT_PAGE
