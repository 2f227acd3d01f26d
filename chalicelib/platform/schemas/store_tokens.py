"""Schema of the access tokens of a store."""

from pydantic import Field

from chalicelib.kit.schemas import Schema


class StoreTokenRead(Schema):
    """An access token of the store, for billing and the data API."""

    access_token: str = Field(repr=False)
    token_type: str = "Bearer"  # noqa: S105 - a scheme, not a secret
    expires_in: int = Field(description="Seconds.")
