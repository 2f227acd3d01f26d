"""The files of stores: the bucket that holds them, uploads, links and deletions."""
