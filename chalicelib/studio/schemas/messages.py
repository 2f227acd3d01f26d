"""Messages on the studio's own queues."""

from typing import ClassVar

from chalicelib.kit import data_subjects
from chalicelib.kit.messages import BucketEvent, Message
from chalicelib.studio.models import APP


class UploadChanged(BucketEvent):
    """A shopper's photo was created in the bucket, or removed; consumed by `studio-inspect_upload`.

    Keys are `uploads/<shop>/<id>`. The message names no subject: `@consumes` must not drop it, because the photo of an
    erased subject must be deleted.
    """

    prefix: ClassVar[str] = "uploads/"

    @property
    def shop(self) -> str:
        return self.key.removeprefix(self.prefix).partition("/")[0]


class GenerationRequested(Message):
    """A preview to generate by `studio-generate_preview`."""

    queue: ClassVar[str] = "studio-generate_preview"

    shop: str
    generation_id: str

    def subjects(self) -> tuple[str, ...]:
        return (data_subjects.app(self.shop, APP),)


class FinalRequested(Message):
    """A final to generate by `studio-make_final`."""

    queue: ClassVar[str] = "studio-make_final"

    shop: str
    generation_id: str

    def subjects(self) -> tuple[str, ...]:
        return (data_subjects.app(self.shop, APP),)
