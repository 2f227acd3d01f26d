"""Credits of a pack as sold. The checkout signs them, so that later changes of the catalogue have no effect."""

from __future__ import annotations

import json
from collections.abc import Mapping

from chalicelib.billing.catalogue.plans import CREDIT_PACKS, CreditPack
from chalicelib.kit import signing

SOLD = "sold"
"""The key in `metadata` of the signed sale."""

_PURPOSE = "billing sold credits"


class PackNotFound(Exception):
    """A paid credit pack is not in the catalogue, and the metadata has no valid signature of its credits.

    The event fails and can be replayed after the pack is back in the catalogue.
    """


def sign_sale(owner_id: str, pack: CreditPack) -> dict[str, str]:
    """Return the metadata that binds the pack's credits to a sale to this owner."""
    return {SOLD: signing.sign(_PURPOSE, json.dumps([owner_id, pack.id, pack.credits]).encode())}


def credits_sold(metadata: Mapping[str, str]) -> int:
    """Return the number of credits sold by a purchase with this metadata.

    Metadata can be edited at Stripe, so a number is accepted only if we signed it for the same owner and pack. Checkouts
    of earlier releases have no signature and use the catalogue. Raises PackNotFound if there is no signature and the
    catalogue does not have the pack.
    """
    signed = signing.verify(_PURPOSE, metadata.get(SOLD, ""))
    owner_id, pack_id, count = json.loads(signed) if signed else (None, None, 0)
    if (owner_id, pack_id) == (metadata.get("owner_id"), metadata.get("item")):
        return int(count)
    pack = CREDIT_PACKS.get(metadata.get("item", ""))
    if pack is None:
        raise PackNotFound("the credit pack is unknown; put it back into the catalogue, then replay the event")
    return pack.credits
