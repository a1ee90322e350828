"""What a segmentation leaves on disk: names, provenance, whole files, and when to load them."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

del lazy_loader
