"""The edition of the engine: a number that changes when what it makes may change."""

from __future__ import annotations

from typing import Final

ENGINE_EDITION: Final = 2
"""It is raised by a release that changes the bytes of SEG, BKG or a column, for any input.

1. Products without the card ``EDITION``.
2. FLAGS: a source is crowded from a tenth of its aperture on, saturation is a level over no
   sky, ellipses run over the left and lower edge as over the others, and only apertures that
   are laid count. FLUX_RADIUS and SNR_WIN where the light is not reached. Gain and saturation
   level of the image's header count. An rms of 1e15 or more is bad. The sky that BACK_TYPE AUTO
   subtracts is drawn in single precision. The photons of a gain that does not follow the error
   map are those of the light over the sky around. Sources that are measured in another band,
   where CLEAN gave away pixels, and with a sky around each.
"""
