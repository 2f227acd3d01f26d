"""GraphQL documents of `discounts`."""

from __future__ import annotations

_METAFIELDS = """
  owner: metafield(namespace: "$app", key: "discount-id") { value }
  configuration: metafield(namespace: "$app", key: "sku-discount") { value }"""
_COMBINES = """
  combinesWith {
    productDiscounts orderDiscounts shippingDiscounts productDiscountsWithTagsOnSameCartLine
  }"""
_AUTOMATIC = f"discountId title status startsAt endsAt tags {_COMBINES}"
_CODE = f"{_AUTOMATIC} usageLimit appliesOncePerCustomer codes(first: 1) {{ nodes {{ code }} }}"
_BASIC = "title status startsAt endsAt"
BY_CODE = f"""
query DiscountByCode($code: String!) {{
  codeDiscountNodeByCode(code: $code) {{
    id {_METAFIELDS}
    codeDiscount {{
      ... on DiscountCodeApp {{ {_CODE} }}
      ... on DiscountCodeBasic {{ {_BASIC} }}
    }}
  }}
}}"""
NODES = f"""
query Discounts($query: String!, $after: String) {{
  discountNodes(first: 40, after: $after, query: $query) {{
    nodes {{
      id {_METAFIELDS}
      discount {{
        ... on DiscountAutomaticApp {{ {_AUTOMATIC} }}
        ... on DiscountAutomaticBasic {{ {_BASIC} }}
        ... on DiscountCodeApp {{ {_CODE} }}
      }}
    }}
    pageInfo {{ hasNextPage endCursor }}
  }}
}}"""
TAGS = f"""
query DiscountTags($id: ID!) {{
  discountNode(id: $id) {{
    id discount {{ ... on DiscountAutomaticApp {{ {_COMBINES} }} ... on DiscountCodeApp {{ {_COMBINES} }} }}
  }}
}}"""
_ERRORS = "userErrors { code field message }"


def create(*, is_code: bool) -> tuple[str, str, str]:
    """Return the mutation, the name of its result, and the name of the discount in it."""
    kind = _kind(is_code)
    name, argument = f"discount{kind}AppCreate", f"{kind.lower()}AppDiscount"
    document = f"""
mutation Create($input: Discount{kind}AppInput!) {{
  {name}({argument}: $input) {{ {argument} {{ discountId }} {_ERRORS} }}
}}"""
    return document, name, argument


def update(*, is_code: bool) -> tuple[str, str]:
    """Return the mutation and the name of its result."""
    kind = _kind(is_code)
    name, argument = f"discount{kind}AppUpdate", f"{kind.lower()}AppDiscount"
    document = f"""
mutation Update($id: ID!, $input: Discount{kind}AppInput!) {{
  {name}(id: $id, {argument}: $input) {{ {_ERRORS} }}
}}"""
    return document, name


def by_id(verb: str, *, is_code: bool) -> tuple[str, str]:
    """Return the mutation that applies `verb` (Deactivate, Delete) to a node, and the name of its result."""
    name = f"discount{_kind(is_code)}{verb}"
    return f"mutation {verb}($id: ID!) {{ {name}(id: $id) {{ {_ERRORS} }} }}", name


def _kind(is_code: bool) -> str:
    return "Code" if is_code else "Automatic"
