"""A stand-in for an image provider that takes jobs and calls back."""

from infra.sandbox.image_provider.sandbox import SANDBOX_TOKEN, SANDBOX_WEBHOOK_SECRET, ImageProviderSandbox

__all__ = ["SANDBOX_TOKEN", "SANDBOX_WEBHOOK_SECRET", "ImageProviderSandbox"]
