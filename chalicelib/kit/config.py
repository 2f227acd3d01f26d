"""Settings, read once from the environment. No other module reads environment variables.

`.env.example` lists all settings. Secrets are read by `kit/secret_reader.py`.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from functools import cache
from typing import Literal, cast, get_args
from urllib.parse import urlsplit

Stage = Literal["local", "test", "dev", "prod"]
AnalyticsRows = Literal["all", "identified"]
"""Which events and page views have rows in DynamoDB: all, or those with a user."""

EMBEDDED_AWS = "http://127.0.0.1:8003"
EMBEDDED_ACCOUNT = "000000000000"
PSEUDO_ACCOUNT, PSEUDO_REGION = "${AWS::AccountId}", "${AWS::Region}"
"""Account and region in a template, which CloudFormation replaces with those that it deploys to."""
_ACCOUNT = re.compile(r"\d{12}")
_ORIGIN = re.compile(r"https?://[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?(:(?!443$|80$)[1-9][0-9]{0,4})?")
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class SettingMissing(RuntimeError):
    """A required setting is missing or malformed. The message names the variable, never its value."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings that contexts share. For secrets see `secret_reader`."""

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
    text_model: str
    bedrock_text_profile: str
    kms_key_id: str | None
    secrets_key_file: str | None
    mail_from: str | None
    reporting_currency: str
    image_http_url: str | None
    public_url: str
    cors_origins: frozenset[str] = frozenset()
    """Origins whose pages may call the API (`kit/http/cors.py`)."""
    analytics_rows: AnalyticsRows = "all"
    vendor_base_urls: dict[str, str] = field(default_factory=dict)
    """Base URLs of the sandboxes, by vendor; empty outside the stages `local` and `test`."""

    @property
    def is_live(self) -> bool:
        """Whether this stage runs in an AWS account."""
        return self.stage in ("dev", "prod")

    @property
    def is_embedded(self) -> bool:
        """Whether AWS is the embedded engine on this machine, which accepts the credentials test/test."""
        return self.endpoint_url is not None and urlsplit(self.endpoint_url).hostname in LOOPBACK

    @property
    def namespace(self) -> str:
        """The prefix of every resource name: `<prefix>-<stage>`."""
        return f"{self.table_prefix}-{self.stage}"

    def physical_name(self, name: str) -> str:
        """Return the name in the account of a table, queue, topic or function: `<prefix>-<stage>-<name>`."""
        return f"{self.namespace}-{name}"


def bucket_name(namespace: str, purpose: str, account: str, region: str) -> str:
    """Return the name of a bucket. Names are unique among all accounts and regions, so both are part of it."""
    return f"{namespace}-{purpose}-{account}-{region}"


def _account(stage: Stage) -> str:
    """Return the number of the account.

    Raises SettingMissing in a live stage without one, or with that of the embedded AWS: queues and buckets would be
    those of others.
    """
    account = os.environ.get("AWS_ACCOUNT_ID") or EMBEDDED_ACCOUNT
    is_account = _ACCOUNT.fullmatch(account) or account == PSEUDO_ACCOUNT
    if stage in ("dev", "prod") and (not is_account or account == EMBEDDED_ACCOUNT):
        raise SettingMissing(f"AWS_ACCOUNT_ID must be the number of the account of the stage {stage}")
    return account


def _stage() -> Stage:
    value = os.environ.get("STAGE", "local")
    if value not in get_args(Stage):
        raise SettingMissing(f"STAGE must be one of {', '.join(get_args(Stage))}")
    return cast(Stage, value)


def _analytics_rows() -> AnalyticsRows:
    value = os.environ.get("ANALYTICS_ROWS") or "all"
    if value not in get_args(AnalyticsRows):
        raise SettingMissing(f"ANALYTICS_ROWS must be one of {', '.join(get_args(AnalyticsRows))}")
    return cast(AnalyticsRows, value)


def parse_origins(text: str) -> frozenset[str]:
    """Return the origins of a comma-separated list, as browsers write them (RFC 6454, 6.2).

    Raises SettingMissing for any other text, also for `*` and `null`, which match pages of any origin.
    """
    origins = [origin.strip() for origin in text.split(",") if origin.strip()]
    for origin in origins:
        if not _ORIGIN.fullmatch(origin):
            raise SettingMissing(f"CORS_ORIGINS has {origin}; expected origins such as https://shop.example")
    return frozenset(origins)


def _vendor_base_url(name: str, stage: Stage) -> str | None:
    """Return the base URL of a vendor's sandbox; None in an account.

    Raises SettingMissing if the URL is not on loopback: client secrets are sent to it.
    """
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
    """Return the settings of this process.

    The stages `local` and `test` use the embedded AWS unless AWS_ENDPOINT_URL is set; other AWS_* variables do not
    change that.
    """
    stage, env = _stage(), os.environ
    on_this_machine = stage in ("local", "test")
    prefix = env.get("TABLE_PREFIX") or "backroom"
    account, region = _account(stage), env.get("AWS_DEFAULT_REGION") or env.get("AWS_REGION") or "us-east-1"
    namespace = f"{prefix}-{stage}"
    base_urls = {vendor: _vendor_base_url(name, stage) for vendor, name in _VENDOR_BASE_URLS.items()}
    image_model, _, model_id = (env.get("IMAGE_MODEL") or "local").partition(":")
    text_model, _, text_profile = (env.get("TEXT_MODEL") or "local").partition(":")
    return Settings(
        stage=stage,
        table_prefix=prefix,
        region=region,
        account_id=account,
        endpoint_url=env.get("AWS_ENDPOINT_URL") or (EMBEDDED_AWS if on_this_machine else None),
        images_bucket=env.get("IMAGES_BUCKET") or bucket_name(namespace, "images", account, region),
        archive_bucket=env.get("ARCHIVE_BUCKET") or bucket_name(namespace, "archive", account, region),
        image_model=image_model,
        bedrock_region=env.get("BEDROCK_REGION") or "us-west-2",
        bedrock_image_model=model_id
        or env.get("BEDROCK_IMAGE_MODEL")
        or "us.stability.stable-image-control-structure-v1:0",
        bedrock_upscale_model=env.get("BEDROCK_UPSCALE_MODEL") or "us.stability.stable-fast-upscale-v1:0",
        text_model=text_model,
        bedrock_text_profile=text_profile,
        kms_key_id=env.get("KMS_KEY_ID") or None,
        secrets_key_file=env.get("SECRETS_KEY_FILE") or None,
        mail_from=env.get("MAIL_FROM") or None,
        reporting_currency=env.get("REPORTING_CURRENCY") or "USD",
        image_http_url=env.get("IMAGE_HTTP_URL") or None,
        public_url=(env.get("PUBLIC_URL") or "http://127.0.0.1:8000").rstrip("/"),
        cors_origins=parse_origins(env.get("CORS_ORIGINS") or ""),
        analytics_rows=_analytics_rows(),
        vendor_base_urls={vendor: url for vendor, url in base_urls.items() if url},
    )


_VENDOR_BASE_URLS = {
    "object_storage": "OBJECT_STORAGE_API_BASE",
    "shopify": "SHOPIFY_API_BASE",
    "stripe": "STRIPE_API_BASE",
    "supabase": "SUPABASE_API_BASE",
}


def variable(name: str) -> str | None:
    """Return an environment variable, or None if it is unset or empty. For `kit/secret_reader.py` only."""
    return os.environ.get(name) or None


def loader_environment() -> dict[str, str]:
    """Return the variables that a Python interpreter needs to start, without credentials and settings."""
    return {name: os.environ[name] for name in ("LD_LIBRARY_PATH", "PATH", "TZ") if name in os.environ}


def forget_settings() -> None:
    """Clear the cached settings; for tests that change the environment."""
    settings.cache_clear()
