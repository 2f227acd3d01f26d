"""The studio's two pages, for shoppers and for merchants; markup, style and script are files in this folder."""
