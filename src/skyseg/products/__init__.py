"""What a segmentation leaves on disk: names, provenance, whole files, and when to load them."""

from skyseg.products.products import Products

__all__ = ["Products"]
