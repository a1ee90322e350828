"""What arguments of bands and surveys are where they are not given."""

from __future__ import annotations

from typing import Final

EDGE_DISTANCE: Final = 50.0
"""How near in pixels to what is not covered is an edge."""

N_NEAREST: Final = 200
"""How many empty apertures a local depth is of, where nothing else is asked for."""
