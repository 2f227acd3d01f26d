"""What retention keeps (`runs`, `files`), and the rows of other contexts as it meets them (`rows`)."""
