"""Trials of a style on our sample photo, for merchants: ordinary previews, which count in the quota."""

from __future__ import annotations

from chalicelib.integrations import storage
from chalicelib.integrations.images import decoder_process, sample_photo
from chalicelib.kit import clock, config, ids
from chalicelib.kit.idempotency import Idempotency
from chalicelib.kit.unit_of_work import UnitOfWork, run_unit_of_work
from chalicelib.studio.domain import prompt
from chalicelib.studio.models import AiStyle, Generation, GenerationStatus, GenerationType, Product
from chalicelib.studio.repository import generations, products, quotas, styles
from chalicelib.studio.schemas.merchant import TrialCreate, TrialRead
from chalicelib.studio.schemas.messages import GenerationRequested
from chalicelib.studio.service.generations import START_LEASE, reserve_quota_slot


def request_trial(shop: str, style: str, body: TrialCreate, idempotency: Idempotency | None) -> TrialRead:
    """Reserve a preview of the sample photo in the shop's quota and queue it.

    Raises StyleNotFound, ProductNotFound, QuotaExceeded, TooManyGenerations, StorageExceeded.
    """
    generation = ids.new()
    answer = TrialRead(id=generation, status=GenerationStatus.PENDING)
    style_row, product = styles.get_style(shop, style), products.get_product(shop, body.product_id)
    photo_url = _store_sample(shop)

    def reserve(unit: UnitOfWork) -> TrialRead:
        row = _new_trial(generation, style_row, product, body.text, photo_url)
        quota_row = quotas.get_or_default(shop)
        if idempotency:
            idempotency.join(unit.transaction, answer)
        generations.stage_trial(unit.transaction, row, quota_row, reserve_quota_slot(quota_row, row))
        unit.publish(GenerationRequested(shop=shop, generation_id=generation))
        return answer

    return run_unit_of_work(reserve)


def _store_sample(shop: str) -> str:
    """Return the address of the sample photo among the shop's examples; write it there at the first trial."""
    url = storage.address(config.settings().images_bucket, f"examples/{shop}/sample.jpg")
    if storage.size(url) is None:
        storage.put(url, decoder_process.run(sample_photo.encoded, [], {}, decoder_process.REQUEST), "image/jpeg")
    return url


def _new_trial(generation: str, style: AiStyle, product: Product, text: str, photo_url: str) -> Generation:
    now = clock.now()
    values = {"style": style.name, "product": product.title, "text": text}
    return Generation(
        id=generation,
        shop_id=style.shop_id,
        product_id=product.uuid,
        ai_style_id=style.uuid,
        input_image_url=photo_url,
        generation_type=GenerationType.PREVIEW,
        ai_prompt_used=prompt.render_prompt(style.prompt_template, values),
        generation_params=style.parameters or {},
        open_work=GenerationType.PREVIEW.value,
        lease_until=now + START_LEASE,
        created_at=now,
        updated_at=now,
    )
