"""Schema of the pages' query."""

from pydantic import ConfigDict, Field

from chalicelib.kit.schemas import Query


class EmbeddedPageQuery(Query):
    """The query that Shopify's admin sends when it frames a page. Other parameters are ignored; none is trusted."""

    model_config = ConfigDict(extra="ignore")

    shop: str = Field(default="", max_length=255)
