"""The frame in which maps are drawn."""

from __future__ import annotations

from skyseg.panel.sky_frame import SkyFrame


def test_a_frame_reaches_its_surroundings_alone() -> None:
    assert SkyFrame(10, 0).reaches(SkyFrame(12, 1))
    assert not SkyFrame(10, 0).reaches(SkyFrame(40, 0))
