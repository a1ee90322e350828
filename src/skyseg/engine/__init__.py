"""Source extraction on arrays: no files, no windows.

Each step stands alone: `filter_image`, `detect`, `deblend`, `clean`, `measure`;
`segment_image` runs them all.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

del lazy_loader
