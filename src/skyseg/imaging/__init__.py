"""What a survey holds on disk, read-only: maps, where they are, and what they are in."""

from skyseg.imaging.maps import BandMaps
from skyseg.imaging.quality import check_maps
from skyseg.imaging.refs import MapRef

__all__ = ["BandMaps", "MapRef", "check_maps"]
