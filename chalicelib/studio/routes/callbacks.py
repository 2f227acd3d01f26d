"""`/webhooks/images/{generation}`: callbacks of an image provider about its jobs (Standard Webhooks)."""

from __future__ import annotations

from dataclasses import dataclass

from chalice.app import Blueprint

from chalicelib.integrations.image_models.signature import verify_signature
from chalicelib.kit import clock, secret_reader
from chalicelib.kit.auth import Credentials, security
from chalicelib.kit.errors import Unauthenticated
from chalicelib.kit.http import ApiRequest, endpoint
from chalicelib.studio.schemas.shopper import CallbackAnswer
from chalicelib.studio.service import image_provider

bp = Blueprint(__name__)


class InvalidCallbackSignature(Unauthenticated):
    code = "InvalidCallbackSignature"
    title = "The callback signature is missing, invalid or expired"


@dataclass(frozen=True, slots=True)
class ImageProvider:
    """The image provider, as the caller of an endpoint."""

    subject: str = "image-provider"


@security("standardWebhooks", type="apiKey", name="webhook-signature", **{"in": "header"})
def provider_signature(credentials: Credentials) -> ImageProvider:
    """Verify a callback by one of the secrets in IMAGE_HTTP_SECRET (comma-separated).

    Raises InvalidCallbackSignature if the signature is missing, invalid or expired.
    """
    secrets = secret_reader.secret("IMAGE_HTTP_SECRET", "whsec_").split(",")
    valid_secrets = [secret.strip() for secret in secrets if secret.strip() != "whsec_"]
    if not verify_signature(credentials.headers, credentials.raw_body, valid_secrets, clock.now().timestamp()):
        raise InvalidCallbackSignature
    return ImageProvider()


@bp.route("/webhooks/images/{generation_id}", methods=["POST"])
@endpoint(bp, auth=provider_signature, returns=CallbackAnswer)
def receive_callback(call: ApiRequest[ImageProvider], generation_id: str) -> CallbackAnswer:
    """Receive a callback about a job; its result is fetched from the provider."""
    is_handled = image_provider.handle_callback(generation_id, call.credentials.raw_body)
    return CallbackAnswer(status="heard" if is_handled else "ignored")
