"""Survey imaging to source segmentation maps: made once, seen, questioned and compared.

>>> import skyseg
>>> "Data" in dir(skyseg)
True
"""

import lazy_loader

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

del lazy_loader
