"""Work that the studio gives to itself."""

from typing import ClassVar

from chalicelib.kit import data_subjects
from chalicelib.kit.messages import BucketEvent, Message
from chalicelib.studio.app import APP


class UploadChanged(BucketEvent):
    """A shopper's photo was put into the bucket, or removed: for `studio-inspect_upload`. Keys are `uploads/<shop>/<id>`.

    It names no subject: a photo of an erased one must go, not only its message.
    """

    prefix: ClassVar[str] = "uploads/"

    @property
    def shop(self) -> str:
        return self.key.removeprefix(self.prefix).partition("/")[0]


class GenerationRequested(Message):
    """Work for `studio-generate_preview`: make this preview."""

    queue: ClassVar[str] = "studio-generate_preview"

    shop: str
    generation_id: str

    def subjects(self) -> tuple[str, ...]:
        return (data_subjects.app(self.shop, APP),)


class FinalRequested(Message):
    """Work for `studio-make_final`: make this final."""

    queue: ClassVar[str] = "studio-make_final"

    shop: str
    generation_id: str

    def subjects(self) -> tuple[str, ...]:
        return (data_subjects.app(self.shop, APP),)
