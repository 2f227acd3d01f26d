"""The query that the lists of a relationship's rows share."""

from pydantic import Field

from chalicelib.kit.schemas import PageQuery


class SpaceQuery(PageQuery):
    """A list of the member's present relationship, or of a former one."""

    relationship: str | None = Field(
        default=None, min_length=1, max_length=64, description="The id of a former relationship."
    )
