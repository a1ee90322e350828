"""Attributes of a band that are those of its maps."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Generic, Protocol, Self, TypeVar, overload

from skyseg.imaging import BandMaps

if TYPE_CHECKING:

    class HasMaps(Protocol):
        """What holds maps."""

        maps: BandMaps


Value = TypeVar("Value", covariant=True)


class OfMaps(Generic[Value]):
    """An attribute or method of an object's maps, as one of the object itself.

    It keeps its type and its documentation.

    Parameters
    ----------
    get : callable
        Takes it from the maps.

    Examples
    --------
    >>> class Band:
    ...     shape = OfMaps(lambda maps: maps.shape)
    >>> Band.shape.__doc__
    'Shape of the science image, (ny, nx).'
    """

    def __init__(self, get: Callable[[BandMaps], Value]) -> None:
        self._get = get

    def __set_name__(self, owner: type, name: str) -> None:
        self.__doc__ = getattr(BandMaps, name, None).__doc__

    @overload
    def __get__(self, band: None, owner: type) -> Self: ...
    @overload
    def __get__(self, band: HasMaps, owner: type) -> Value: ...
    def __get__(self, band: HasMaps | None, owner: type) -> Self | Value:
        return self if band is None else self._get(band.maps)

    def __set__(self, band: HasMaps, value: object) -> None:
        raise AttributeError("what a band's files tell cannot be set")
