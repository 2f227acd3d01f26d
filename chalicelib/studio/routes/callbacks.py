"""`/webhooks/images/{generation}`: an image provider says that a job is done (Standard Webhooks)."""

from __future__ import annotations

from dataclasses import dataclass

from chalice.app import Blueprint

from chalicelib.integrations import standard_webhooks
from chalicelib.kit import clock, secret_reader
from chalicelib.kit.auth import Credentials, security
from chalicelib.kit.errors import Unauthenticated
from chalicelib.kit.http import Call, endpoint, refuse_other_methods
from chalicelib.studio.schemas.shopper import CallbackAnswer
from chalicelib.studio.service import asking

bp = Blueprint(__name__)


class InvalidCallbackSignature(Unauthenticated):
    title = "The call-back's signature is missing, wrong or old"


@dataclass(frozen=True, slots=True)
class ImageProvider:
    """Whoever makes our images."""

    subject: str = "image-provider"


@security("standardWebhooks", type="apiKey", name="webhook-signature", **{"in": "header"})
def image_provider(credentials: Credentials) -> ImageProvider:
    """The provider, by one of our secrets (IMAGE_HTTP_SECRET, several by comma). Raises InvalidCallbackSignature."""
    secrets = secret_reader.secret("IMAGE_HTTP_SECRET", "whsec_").split(",")
    known = [secret.strip() for secret in secrets if secret.strip() != "whsec_"]
    if not standard_webhooks.is_genuine(credentials.headers, credentials.raw_body, known, clock.now().timestamp()):
        raise InvalidCallbackSignature
    return ImageProvider()


@bp.route("/webhooks/images/{generation_id}", methods=["POST"])
@endpoint(bp, auth=image_provider, returns=CallbackAnswer)
def receive_callback(call: Call[ImageProvider], generation_id: str) -> CallbackAnswer:
    """Take a provider's word that a job is done; the job itself is asked for."""
    heard = asking.hear(generation_id, call.credentials.raw_body)
    return CallbackAnswer(status="heard" if heard else "ignored")


refuse_other_methods(bp, "/webhooks/images/{generation_id}", "POST")
