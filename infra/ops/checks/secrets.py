"""Check which secrets of a live stage Parameter Store has. Values are neither decrypted nor shown."""

from __future__ import annotations

from collections.abc import Iterator

from chalicelib.kit import aws, config, secret_reader
from chalicelib.shops.apps import TOPICS
from infra.ops.checks import Finding, Status

NEEDED = ("SIGNING_KEYS", "STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET")
"""Without these nobody can sign in or pay."""
HTTP_MODEL = ("IMAGE_HTTP_TOKEN", "IMAGE_HTTP_SECRET")
"""Needed for IMAGE_MODEL=http."""


def check() -> Iterator[Finding]:
    """Yield a finding for each secret; none outside a live stage, whose secrets are environment variables."""
    settings = config.settings()
    if not settings.is_live:
        return
    types = _parameter_types()
    for name in (*NEEDED, *(HTTP_MODEL if settings.image_model == "http" else ())):
        yield _finding(name, types, "failed")
    by_app = {app: [f"SHOPIFY_{app.upper()}_{part}" for part in ("API_KEY", "API_SECRET", "SCOPES")] for app in TOPICS}
    is_any_set = any(name in types for names in by_app.values() for name in names)
    for names in by_app.values():
        # an app of which nothing is set is not offered by this stage; one of which a part is set cannot work
        absent: Status = "warning" if is_any_set and not any(name in types for name in names) else "failed"
        for name in names:
            yield _finding(name, types, absent)


def _finding(name: str, types: dict[str, str], absent: Status) -> Finding:
    parameter = f"{secret_reader.parameter_path()}{name}"
    region = config.settings().region
    command = f'aws ssm put-parameter --region {region} --type SecureString --name {parameter} --value "$(cat)"'
    if name not in types:
        return Finding(name, absent, f"not set; run `{command}`, paste the value, end with Ctrl-D")
    if types[name] != "SecureString":
        return Finding(name, "warning", f"{parameter} is a {types[name]}, not encrypted; delete it, then `{command}`")
    return Finding(name, "ok", f"{parameter} is set")


def _parameter_types() -> dict[str, str]:
    """Return the types of this stage's parameters by name."""
    path = secret_reader.parameter_path()
    pages = aws.client("ssm").get_paginator("get_parameters_by_path").paginate(Path=path, WithDecryption=False)
    return {item["Name"].removeprefix(path): item["Type"] for page in pages for item in page["Parameters"]}
