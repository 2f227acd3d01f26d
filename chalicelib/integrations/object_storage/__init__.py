"""Buckets of store owners at Amazon S3, Google Cloud Storage and Supabase Storage, through their S3 interfaces."""
