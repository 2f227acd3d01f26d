"""Work that the studio gives to itself."""

from typing import ClassVar

from chalicelib.kit import subjects
from chalicelib.kit.messages import BucketEvent, Message
from chalicelib.studio.app import APP


class UploadChanged(BucketEvent):
    """A shopper's photo was put into the bucket, or removed: for `studio-inspect`. Keys are `uploads/<shop>/<id>`."""

    prefix: ClassVar[str] = "uploads/"

    def subjects(self) -> tuple[str, ...]:
        return (subjects.app(self.key.split("/")[1], APP),) if self.key.count("/") == 2 else ()


class GenerationRequested(Message):
    """Work for `studio-generate`: make this preview."""

    queue: ClassVar[str] = "studio-generate"

    shop: str
    generation_id: str

    def subjects(self) -> tuple[str, ...]:
        return (subjects.app(self.shop, APP),)


class PrintRequested(Message):
    """Work for `studio-print`: make this final."""

    queue: ClassVar[str] = "studio-print"

    shop: str
    generation_id: str

    def subjects(self) -> tuple[str, ...]:
        return (subjects.app(self.shop, APP),)
