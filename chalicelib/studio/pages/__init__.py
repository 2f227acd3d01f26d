"""The studio's two pages, for shoppers and for merchants: markup, style and script lie beside this as files."""
