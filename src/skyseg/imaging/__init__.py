"""What a survey holds on disk, read-only: maps, where they are, and what they are in."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

del lazy_loader
