"""Previews as the storefront asks for them: reserved at once, made by a job, polled for."""

from __future__ import annotations

import random
import time
from datetime import timedelta

from chalicelib.integrations import storage
from chalicelib.kit import clock, config, ids, signing
from chalicelib.kit.idempotency import Idempotency
from chalicelib.kit.messages import publish
from chalicelib.shops.service import Shopper
from chalicelib.studio.domain import prompt, quota
from chalicelib.studio.domain.quota import Refusal, State
from chalicelib.studio.errors import (
    GenerationNotFound,
    NotOffered,
    QuotaExceeded,
    StorageExceeded,
    TooManyGenerations,
    UploadNotReady,
    UploadRejected,
)
from chalicelib.studio.models import (
    AiStyle,
    Generation,
    GenerationStatus,
    GenerationType,
    Product,
    ProductStyle,
    Quota,
    Upload,
    UploadStatus,
)
from chalicelib.studio.repository import generations, preview_inputs
from chalicelib.studio.repository.quotas import Overtaken, fresh, state_of
from chalicelib.studio.schemas.messages import GenerationRequested
from chalicelib.studio.schemas.shopper import GenerationAccepted, GenerationCreate, LineItemProperty, PreviewRead
from chalicelib.studio.service.uploads import demand_owner

SLOT = timedelta(minutes=10)
"""How long a preview holds its concurrent slot at most, waiting and being made."""
START = timedelta(minutes=3)
"""Within this a worker takes a preview up, or it is handed out again."""
LINK_SECONDS = 300
LINE_ITEM_PROPERTY = "_generation"
_ATTEMPTS = 60

_REFUSALS = {
    Refusal.MONTH_USED_UP: QuotaExceeded,
    Refusal.NO_FREE_SLOT: TooManyGenerations,
    Refusal.STORAGE_FULL: StorageExceeded,
}


def request(
    shopper: Shopper, asked: GenerationCreate, prefix: str, idempotency: Idempotency | None
) -> GenerationAccepted:
    """Reserve a place in the shop's quota and have the preview made; `prefix` is the app's path in the storefront.

    Raises NotOffered, UploadNotFound, UploadTokenInvalid, UploadNotReady, UploadRejected, QuotaExceeded,
    TooManyGenerations, StorageExceeded.
    """
    generation = ids.new()
    poll_url = f"{prefix.rstrip('/')}/generations/{generation}"
    accepted = GenerationAccepted(id=generation, status=GenerationStatus.PENDING, poll_url=poll_url)
    for attempt in range(_ATTEMPTS):
        found = preview_inputs.read(shopper.shop, asked.product_id, asked.style_id, asked.upload_id)
        product, style = _offered(found.product, found.style, found.link)
        photo = _accepted(demand_owner(found.upload, shopper, asked.upload_token))
        row = _pending(accepted.id, shopper, asked.text, product, style, photo)
        held = found.quota or fresh(shopper.shop)
        try:
            generations.reserve(row, held, _reserved(held, row), idempotency, accepted)
        except Overtaken:
            time.sleep(random.uniform(0, 0.01 * min(attempt + 1, 10)))
            continue
        publish(GenerationRequested(shop=shopper.shop, generation_id=row.id))
        return accepted
    raise TooManyGenerations


def _reserved(held: Quota, row: Generation) -> State:
    state = quota.reserve(state_of(held), row.id, row.created_at, row.created_at + SLOT)
    if isinstance(state, Refusal):
        raise _REFUSALS[state]
    return state


def _pending(
    generation: str, shopper: Shopper, text: str, product: Product, style: AiStyle, photo: Upload
) -> Generation:
    now = clock.now()
    words = {"style": style.name, "product": product.title, "text": text}
    return Generation(
        id=generation,
        shop_id=shopper.shop,
        product_id=product.uuid,
        ai_style_id=style.uuid,
        customer_id=shopper.customer_id,
        input_image_url=storage.address(config.settings().images_bucket, photo.object_key),
        generation_type=GenerationType.PREVIEW,
        ai_prompt_used=prompt.render(style.prompt_template, words),
        generation_params=style.parameters or {},
        open_work=GenerationType.PREVIEW.value,
        lease_until=now + START,
        created_at=now,
        updated_at=now,
    )


def _offered(product: Product | None, style: AiStyle | None, link: ProductStyle | None) -> tuple[Product, AiStyle]:
    if not (product and product.is_enabled and style and style.is_active and link and link.is_enabled):
        raise NotOffered
    return product, style


def _accepted(upload: Upload) -> Upload:
    if upload.status in (UploadStatus.AWAITING, UploadStatus.DELETED):
        raise UploadNotReady
    if upload.status is UploadStatus.REJECTED:
        raise UploadRejected(upload.reject_reason or "")
    return upload


def read(shopper: Shopper, generation: str, token: str | None) -> PreviewRead:
    """The shopper's own preview; a guest shows the upload's token. Raises GenerationNotFound."""
    row = generations.get(shopper.shop, generation)
    if row.generation_type is not GenerationType.PREVIEW or not _is_theirs(row, shopper, token):
        raise GenerationNotFound
    if row.status is not GenerationStatus.COMPLETED or row.preview_image_url is None:
        return PreviewRead(id=row.id, status=row.status, error_message=row.error_message)
    return PreviewRead(
        id=row.id,
        status=row.status,
        preview_url=storage.presigned_get(row.preview_image_url, seconds=LINK_SECONDS),
        line_item_property=LineItemProperty(name=LINE_ITEM_PROPERTY, value=sign(row)),
    )


def _is_theirs(row: Generation, shopper: Shopper, token: str | None) -> bool:
    if row.customer_id is not None:
        return row.customer_id == shopper.customer_id
    upload = row.input_image_url.rsplit("/", 1)[-1]
    return signing.verify("upload", token or "") == upload.encode()


def sign(row: Generation) -> str:
    """What a cart's line carries to lead from the paid order to this preview; nobody else can make it."""
    return signing.sign("generation", f"{row.shop_id}\n{row.id}".encode())


def verify(shop: str, value: str) -> str | None:
    """The preview that a line item property leads to, or None where it is forged or another shop's."""
    signed = signing.verify("generation", value)
    owner, _, generation = (signed or b"").decode().partition("\n")
    return generation if owner == shop and generation else None
