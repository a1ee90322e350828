"""The edition of the engine: a number that changes when what it makes may change."""

from __future__ import annotations

from typing import Final

ENGINE_EDITION: Final = 4
"""It is raised with every change of the bytes of SEG, BKG or a column, for any input.

1. Products without the card ``EDITION``.
2. FLAGS: a source is crowded from a tenth of its aperture on, and saturation is a level
   over no sky; gain and saturation level of the image's header count.
3. BACKPHOTO_TYPE LOCAL: which detected pixels are sky.
4. BACKPHOTO_TYPE LOCAL: levels of ISO0 to ISO7 and MU_THRESHOLD. FLAGS: ellipses run over the left
   and lower edge as over the others.
"""
