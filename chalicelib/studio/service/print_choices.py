"""The print size and the crop that a shopper chooses for a preview."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.studio.domain import crop as crops
from chalicelib.studio.domain.crop import GOOD_DPI, MIN_DPI, WHOLE, Crop
from chalicelib.studio.domain.print_size import Size as Pixels
from chalicelib.studio.errors import CropRequired, InvalidCrop, ResolutionTooLow, SizeNotFound, SizeRequired
from chalicelib.studio.models import Size, Upload
from chalicelib.studio.repository import products
from chalicelib.studio.schemas.shopper import GenerationCreate


@dataclass(frozen=True, slots=True)
class PrintChoice:
    """The chosen size and crop; `size` is None for a product without sizes. `pixels` is the cropped photo's size."""

    size: Size | None
    crop: Crop
    pixels: Pixels

    @property
    def dpi(self) -> int | None:
        """The resolution of the cropped photo on the print in dpi; None without a size."""
        return None if self.size is None else crops.print_dpi(self.pixels, _pixels_of(self.size))

    @property
    def is_low_resolution(self) -> bool:
        """Whether the print will look soft."""
        return self.dpi is not None and self.dpi < GOOD_DPI


def require_size(product: str, size_id: str | None, size: Size | None) -> Size | None:
    """Return the chosen size: `size`, the row of `size_id`, or the product's only size if `size_id` is None.

    Returns None for a product without sizes. Raises SizeNotFound if the size is removed or belongs to another product,
    SizeRequired if the product has several sizes and none is chosen.
    """
    if size_id is not None:
        if size is None or not size.is_active:
            raise SizeNotFound
        return size
    sizes = products.list_sizes(product)
    if len(sizes) > 1:
        raise SizeRequired(errors=[{"path": "body.size_id", "message": SizeRequired.title}])
    return sizes[0] if sizes else None


def choose_print(body: GenerationCreate, size: Size | None, photo: Upload) -> PrintChoice:
    """Return the size and crop for an accepted photo.

    Raises CropRequired, InvalidCrop, or ResolutionTooLow if the cropped photo has under 60 dpi on the print.
    """
    whole = photo.width or 1, photo.height or 1
    crop = WHOLE if body.crop is None else Crop(**body.crop.model_dump())
    if not crop.is_inside:
        raise _invalid_crop("The crop is not inside the photo.")
    choice = PrintChoice(size, crop, crops.cropped_size(whole, crop))
    if size is None:
        return choice
    if not crops.crop_has_shape(whole, crop, _pixels_of(size)):
        if body.crop is None:
            raise CropRequired(errors=[{"path": "body.crop", "message": CropRequired.title}])
        raise _invalid_crop("The crop's shape differs from the size's by over 2 %.")
    if choice.dpi is not None and choice.dpi < MIN_DPI:
        detail = f"The cropped photo has {choice.dpi} dpi on this size; at least {MIN_DPI} are needed."
        raise ResolutionTooLow(detail, errors=[{"path": "body.crop", "message": detail}])
    return choice


def _invalid_crop(detail: str) -> InvalidCrop:
    return InvalidCrop(detail, errors=[{"path": "body.crop", "message": detail}])


def _pixels_of(size: Size) -> Pixels:
    return size.width_px, size.height_px
