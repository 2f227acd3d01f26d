"""Settings, read once from the environment: the only module that looks there.

In an account the secrets stand in SSM Parameter Store under `/<prefix>/<stage>/<NAME>`; they are read in one
call when the first of them is asked for. The names are those of the README's table of settings.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import cache
from typing import Literal, cast, get_args
from urllib.parse import urlsplit

Stage = Literal["local", "test", "dev", "prod"]

EMBEDDED_AWS = "http://127.0.0.1:8003"
EMBEDDED_ACCOUNT = "000000000000"
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class SettingMissing(RuntimeError):
    """A setting that this stage cannot do without is absent or malformed; names the variable, never its value."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What every context needs to know of where it runs. Secrets are not here: see `secret`."""

    stage: Stage
    table_prefix: str
    region: str
    account_id: str
    endpoint_url: str | None
    images_bucket: str
    archive_bucket: str
    image_model: str
    bedrock_region: str
    bedrock_image_model: str
    bedrock_upscale_model: str
    kms_key_id: str | None
    secrets_key_file: str | None
    mail_from: str | None
    image_http_url: str | None
    public_url: str
    peers: dict[str, str] = field(default_factory=dict)
    """Base URLs of stand-ins by vendor; empty outside `local` and `test`."""

    @property
    def is_live(self) -> bool:
        """Whether this stage runs in an account."""
        return self.stage in ("dev", "prod")

    @property
    def is_embedded(self) -> bool:
        """Whether AWS is the engine on this machine, which takes the credentials test/test."""
        return self.endpoint_url is not None and urlsplit(self.endpoint_url).hostname in LOOPBACK

    @property
    def namespace(self) -> str:
        """`<prefix>-<stage>`: what every name of a resource starts with."""
        return f"{self.table_prefix}-{self.stage}"


def _stage() -> Stage:
    value = os.environ.get("STAGE", "local")
    if value not in get_args(Stage):
        raise SettingMissing(f"STAGE is none of {', '.join(get_args(Stage))}")
    return cast(Stage, value)


def _peer(name: str, stage: Stage) -> str | None:
    """The stand-in's base URL; ignored in an account, refused off loopback (client secrets go there)."""
    url = os.environ.get(name)
    if not url or stage not in ("local", "test"):
        return None
    if urlsplit(url).hostname not in LOOPBACK:
        raise SettingMissing(f"{name} must be on loopback")
    return url.rstrip("/")


@cache
def settings() -> Settings:
    """The settings of this process.

    A stage that runs on this machine talks to the embedded AWS unless AWS_ENDPOINT_URL says otherwise, whatever
    else of AWS_* happens to be exported.
    """
    stage, env = _stage(), os.environ
    on_this_machine = stage in ("local", "test")
    prefix = env.get("TABLE_PREFIX") or "backroom"
    peers = {vendor: _peer(name, stage) for vendor, name in _PEERS.items()}
    image_model, _, model_id = (env.get("IMAGE_MODEL") or "local").partition(":")
    return Settings(
        stage=stage,
        table_prefix=prefix,
        region=env.get("AWS_DEFAULT_REGION") or env.get("AWS_REGION") or "us-east-1",
        account_id=env.get("AWS_ACCOUNT_ID") or EMBEDDED_ACCOUNT,
        endpoint_url=env.get("AWS_ENDPOINT_URL") or (EMBEDDED_AWS if on_this_machine else None),
        images_bucket=env.get("IMAGES_BUCKET") or f"{prefix}-{stage}-images",
        archive_bucket=env.get("ARCHIVE_BUCKET") or f"{prefix}-{stage}-archive",
        image_model=image_model,
        bedrock_region=env.get("BEDROCK_REGION") or "us-west-2",
        bedrock_image_model=model_id or env.get("BEDROCK_IMAGE_MODEL") or "stability.sd3-5-large-v1:0",
        bedrock_upscale_model=env.get("BEDROCK_UPSCALE_MODEL") or "stability.stable-fast-upscale-v1:0",
        kms_key_id=env.get("KMS_KEY_ID") or None,
        secrets_key_file=env.get("SECRETS_KEY_FILE") or None,
        mail_from=env.get("MAIL_FROM") or None,
        image_http_url=env.get("IMAGE_HTTP_URL") or None,
        public_url=(env.get("PUBLIC_URL") or "http://127.0.0.1:8000").rstrip("/"),
        peers={vendor: url for vendor, url in peers.items() if url},
    )


_PEERS = {"shopify": "SHOPIFY_API_BASE", "stripe": "STRIPE_API_BASE"}


@cache
def _stored_secrets() -> dict[str, str]:
    """The parameters of this stage, by name."""
    from chalicelib.kit import aws  # noqa: PLC0415 - aws itself reads the settings

    path = f"/{settings().table_prefix}/{settings().stage}/"
    pages = aws.client("ssm").get_paginator("get_parameters_by_path").paginate(Path=path, WithDecryption=True)
    return {item["Name"].removeprefix(path): item["Value"] for page in pages for item in page["Parameters"]}


def secret(name: str, default: str | None = None) -> str:
    """The secret called `name`: from the environment, else from the parameter store where there is one.

    Raises SettingMissing where it stands in neither and no default is given.
    """
    value = os.environ.get(name)
    if not value and settings().is_live:
        value = _stored_secrets().get(name)
    value = value or default
    if not value:
        raise SettingMissing(f"{name} is not set")
    return value


def loader_environment() -> dict[str, str]:
    """Return the variables that an interpreter needs in order to start: no credential and no setting is among them."""
    return {name: os.environ[name] for name in ("LD_LIBRARY_PATH", "PATH", "TZ") if name in os.environ}


def forget() -> None:
    """Drop what was read; for tests that change the environment."""
    settings.cache_clear()
    _stored_secrets.cache_clear()
