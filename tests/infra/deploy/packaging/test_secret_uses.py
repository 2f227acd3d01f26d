"""A function may read the secrets that its code names, and no other of the stage."""

from __future__ import annotations

import ast
from typing import Any

import pytest

from chalicelib.kit.secret_reader import SHARED
from infra.deploy.packaging import reachability, secret_uses
from infra.deploy.packaging.secret_uses import SecretHidden
from tests.infra.deploy.packaging.test_policies import allowed, documents

__all__ = ["documents"]
ROOT = "parameter/backroom-test/"
SHOPIFY = {"SHOPIFY_*_API_KEY", "SHOPIFY_*_API_SECRET"}


def readable(document: dict[str, Any]) -> set[str]:
    """Return the names of the secrets that a policy lets a function read."""
    assert not allowed(document, "ssm:GetParametersByPath")
    return {resource.rpartition("/")[2] for resource in allowed(document, "ssm:GetParameters")}


def test_a_function_may_read_only_the_secrets_that_its_code_names(documents: dict[str, dict[str, Any]]) -> None:
    assert readable(documents["platform-apply_subscription"]) == {"STRIPE_SECRET_KEY"}
    assert readable(documents["shops-register_webhooks"]) >= SHOPIFY
    assert "STRIPE_WEBHOOK_SECRET" in readable(documents["api_handler"])
    for name, document in documents.items():
        assert readable(document).isdisjoint({"*", "SHOPIFY_*"}), name


def test_the_data_api_reads_passwords_of_shared_servers_but_no_payment_secret(
    documents: dict[str, dict[str, Any]],
) -> None:
    names = readable(documents["store_api"])
    assert f"{SHARED}*" in names
    assert not [name for name in names if name.startswith(("STRIPE", "SHOPIFY", "IMAGE"))]


@pytest.mark.parametrize(
    "code",
    [
        "secret_reader.secret(name)",
        'secret_reader.secret(f"{prefix}_SECRET")',
        "read = secret_reader.secret",
        "print(*map(secret_reader.secret, names))",
    ],
)
def test_a_secret_whose_name_is_not_written_is_refused(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    here = ("chalicelib.shops.apps", "sample")
    monkeypatch.setattr(reachability, "nodes_of", lambda _: tuple(ast.walk(ast.parse(code))))
    with pytest.raises(SecretHidden, match="line 1"):
        secret_uses.of([here], SHARED)
