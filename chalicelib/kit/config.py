"""Settings, read once from the environment: the only module that looks there.

The names are those of the README's table of settings. Secrets are read by `kit/secret_reader.py`.
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
    """What every context needs to know of where it runs. Secrets are not here: see `secret_reader`."""

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


def is_lambda() -> bool:
    """Return whether this process runs in AWS Lambda, which sets AWS_LAMBDA_FUNCTION_NAME."""
    return "AWS_LAMBDA_FUNCTION_NAME" in os.environ


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


def variable(name: str) -> str | None:
    """Return an environment variable, or None if it is unset or empty. For `kit/secret_reader.py` only."""
    return os.environ.get(name) or None


def loader_environment() -> dict[str, str]:
    """Return the variables that an interpreter needs in order to start: no credential and no setting is among them."""
    return {name: os.environ[name] for name in ("LD_LIBRARY_PATH", "PATH", "TZ") if name in os.environ}


def forget() -> None:
    """Drop what was read; for tests that change the environment."""
    settings.cache_clear()
