"""Decode untrusted pictures, encode PNG files, make previews and print files. The library is Pillow."""
