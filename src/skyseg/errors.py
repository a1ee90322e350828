"""Every error skyseg raises on purpose.

Each message is one sentence that says what is wrong, where, and what to do.
"""


class SkysegError(Exception):
    """Base of all errors that skyseg raises on purpose."""


class ConfigError(SkysegError):
    """A setting has a wrong key or value."""


class ParameterError(SkysegError):
    """An argument or an extraction parameter has a value that is not allowed."""


class DataNotFoundError(SkysegError):
    """A survey, version, band, map or file is not where it was looked for."""


class AmbiguousDataError(SkysegError):
    """More than one file fits where one is needed."""


class ImageError(SkysegError):
    """An input file or map cannot be used: unreadable, wrong shape, no good pixel."""


class MethodError(SkysegError):
    """A segmentation method is unknown, not installed, or failed."""


class ProductError(SkysegError):
    """A product cannot be written or read."""


class StaleProductError(ProductError):
    """A product on disk was made from other inputs or parameters than those asked for."""


class ComparisonError(SkysegError):
    """Two segmentations cannot be compared."""


class ViewerError(SkysegError):
    """The notebook viewer cannot be shown."""
