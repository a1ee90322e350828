from .maps import BandMaps as BandMaps
from .quality import check_maps as check_maps
from .refs import MapRef as MapRef
