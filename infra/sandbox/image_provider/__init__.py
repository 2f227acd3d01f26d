"""The sandbox of an image provider that accepts jobs and sends callbacks."""

from infra.sandbox.image_provider.sandbox import SANDBOX_TOKEN, SANDBOX_WEBHOOK_SECRET, ImageProviderSandbox

__all__ = ["SANDBOX_TOKEN", "SANDBOX_WEBHOOK_SECRET", "ImageProviderSandbox"]
