"""The environment of `make run`: `.env`, local ports, and sandboxes for services without credentials."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dotenv import dotenv_values

from infra.local.databases import local_logins
from infra.sandbox.shopify import SANDBOX_APPS
from infra.sandbox.stripe import SANDBOX_SECRET_KEY, SANDBOX_WEBHOOK_SECRET

ROOT = Path(__file__).resolve().parents[2]
HOST = "127.0.0.1"
SHARED_ADMIN_SECRET, SHARED_LOGIN_SECRET = "SHARED_ADMIN_PASSWORD", "SHARED_LOGIN_PASSWORD"
"""The names of the secrets of the shared server's two logins."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The parts of a local stack.

    Ports are relative to the API's: +1 Shopify, +2 Stripe, +3 AWS, +4 the mailbox, +5 Supabase, +6 its pooler, +7
    PostgreSQL, +8 MariaDB.
    """

    port: int
    state_dir: Path
    embedded_aws: bool
    sandbox_shopify: bool
    sandbox_stripe: bool
    environment: Mapping[str, str]

    @property
    def api_url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def shopify_port(self) -> int:
        return self.port + 1

    @property
    def stripe_port(self) -> int:
        return self.port + 2

    @property
    def aws_port(self) -> int:
        return self.port + 3

    @property
    def mailbox_port(self) -> int:
        return self.port + 4

    @property
    def mailbox_url(self) -> str:
        return f"http://{HOST}:{self.mailbox_port}"

    @property
    def supabase_port(self) -> int:
        return self.port + 5

    @property
    def supabase_pooler_port(self) -> int:
        return self.port + 6

    @property
    def postgresql_port(self) -> int:
        return self.port + 7

    @property
    def mariadb_port(self) -> int:
        return self.port + 8

    def ports(self) -> dict[str, int]:
        """Return the ports that this stack listens on, by service."""
        wanted = {"the API": self.port}
        if self.sandbox_shopify:
            wanted["the Shopify sandbox"] = self.shopify_port
        if self.sandbox_stripe:
            wanted["the Stripe sandbox"] = self.stripe_port
        if self.embedded_aws:
            wanted["the embedded AWS"] = self.aws_port
            wanted["the mailbox"] = self.mailbox_port
        wanted["the Supabase sandbox"] = self.supabase_port
        wanted["the pooler of the Supabase sandbox"] = self.supabase_pooler_port
        wanted["PostgreSQL"] = self.postgresql_port
        wanted["MariaDB"] = self.mariadb_port
        return wanted


def plan(exported: Mapping[str, str] = os.environ, dotenv: Path = ROOT / ".env") -> Plan:
    """Return the plan for the exported variables, which override those in `.env`.

    Raises ValueError if PORT is invalid, or if STAGE is not `local`.
    """
    given = {name: value for name, value in dotenv_values(dotenv).items() if value} | dict(exported)
    stage = given.get("STAGE", "local")
    if stage != "local":
        raise ValueError(f"STAGE={stage}: `make run` serves the local stage; `make deploy STAGE={stage}` deploys.")
    port = _port(given.get("PORT", "8000"))
    state_dir = Path(given.get("LOCAL_STATE_DIR") or ROOT / ".local").resolve()
    embedded = not given.get("AWS_ENDPOINT_URL")
    shopify = not any(given.get(f"SHOPIFY_{app.upper()}_API_KEY") for app in SANDBOX_APPS)
    stripe = not given.get("STRIPE_SECRET_KEY")
    made = Plan(port, state_dir, embedded, shopify, stripe, {})
    environment = {
        "STAGE": "local",
        "PUBLIC_URL": given.get("PUBLIC_URL") or made.api_url,
        "SECRETS_KEY_FILE": given.get("SECRETS_KEY_FILE") or str(state_dir / "secrets.key"),
        "PYTHONPATH": str(ROOT),
        "POWERTOOLS_LOG_LEVEL": given.get("POWERTOOLS_LOG_LEVEL") or "WARNING",  # keeps the terminal readable
        "SUPABASE_API_BASE": f"http://{HOST}:{made.supabase_port}",
        SHARED_ADMIN_SECRET: local_logins.PASSWORDS[local_logins.SHARED_ADMIN],
        SHARED_LOGIN_SECRET: local_logins.PASSWORDS[local_logins.SHARED_LOGIN],
    }
    if embedded:
        environment |= {
            "AWS_ENDPOINT_URL": f"http://{HOST}:{made.aws_port}",
            "OBJECT_STORAGE_API_BASE": f"http://{HOST}:{made.aws_port}",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "MAIL_FROM": given.get("MAIL_FROM") or "backroom@example.com",
            **_kept_buckets(state_dir / "aws" / "objects", given.get("TABLE_PREFIX") or "backroom"),
        }
    if shopify:
        environment |= _shopify(made)
    if stripe:
        environment |= {
            "STRIPE_API_BASE": f"http://{HOST}:{made.stripe_port}",
            "STRIPE_SECRET_KEY": SANDBOX_SECRET_KEY,
            "STRIPE_WEBHOOK_SECRET": SANDBOX_WEBHOOK_SECRET,
        }
    return Plan(port, state_dir, embedded, shopify, stripe, {**given, **environment})


def _kept_buckets(objects: Path, prefix: str) -> dict[str, str]:
    """Return the settings of buckets that an earlier version named without account and region: a stack keeps them (ADR 42)."""
    names = {f"{purpose.upper()}_BUCKET": f"{prefix}-local-{purpose}" for purpose in ("images", "archive")}
    return {setting: name for setting, name in names.items() if any(objects.glob(f"*/{name}"))}


def _shopify(made: Plan) -> dict[str, str]:
    environment = {"SHOPIFY_API_BASE": f"http://{HOST}:{made.shopify_port}"}
    for app in SANDBOX_APPS.values():
        name = f"SHOPIFY_{app.handle.upper()}"
        environment[f"{name}_API_KEY"] = app.key
        environment[f"{name}_API_SECRET"] = app.secret
        environment[f"{name}_SCOPES"] = ",".join(app.scopes)
    return environment


def _port(text: str) -> int:
    if not text.isdigit() or not 1024 <= int(text) <= 65_527:
        raise ValueError(f"PORT={text}: expected a number from 1024 to 65527.")
    return int(text)
