"""The pages' kit: one document composer, styles and components, an API client and charts. docs/web.md explains its use."""

from chalicelib.kit.web.document import Document, Page, compose_document

__all__ = ["Document", "Page", "compose_document"]
