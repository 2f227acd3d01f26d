"""Schemas of the files of a store: their uploads and their links."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from chalicelib.kit.schemas import Input, Schema, Timestamp
from chalicelib.platform.domain.media_files import MAX_BYTES
from chalicelib.platform.domain.store_values import plain_text

_PIXELS = 1_000_000
_FileName = Annotated[
    str, Field(min_length=1, max_length=255, pattern=r"^[^\x00-\x1f\x7f/\\]+$", examples=["tea.webp"])
]
_ContentType = Annotated[
    str,
    Field(max_length=127, pattern=r"^[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+$", examples=["image/webp"]),
    AfterValidator(str.lower),
]


class UploadCreate(Input):
    """A file to upload. `checksum` is stored and not verified."""

    file_name: Annotated[_FileName, AfterValidator(plain_text)]
    content_type: _ContentType
    byte_size: int = Field(ge=1, le=MAX_BYTES)
    alt_text: Annotated[str, Field(max_length=1000), AfterValidator(plain_text)] | None = None
    width: int | None = Field(default=None, ge=1, le=_PIXELS, description="Pixels.")
    height: int | None = Field(default=None, ge=1, le=_PIXELS, description="Pixels.")
    checksum: Annotated[str, Field(max_length=128, pattern=r"^[A-Za-z0-9+/=:_-]+$")] | None = None


class UploadRequestRead(Schema):
    """The request that uploads a file: it needs these headers, and the file as its body."""

    url: str
    method: Literal["PUT"] = "PUT"
    headers: dict[str, str]


class UploadRead(Schema):
    """A file that can be uploaded until `expires_at`. Then complete it with `PUT /v1/store/uploads/{id}`."""

    id: str
    storage_key: str
    upload: UploadRequestRead
    expires_at: Timestamp


class FileRead(Schema):
    """A file of the store, a row of its table `media_library`."""

    id: str
    storage_key: str
    file_name: str
    content_type: str
    byte_size: int
    width: int | None
    height: int | None
    alt_text: str | None
    checksum: str | None
    status: Literal["pending", "ready"]
    version: int
    created_at: Timestamp
    updated_at: Timestamp


class FileLinkRead(FileRead):
    """A file with a link that downloads it until `expires_at`."""

    url: str
    expires_at: Timestamp
