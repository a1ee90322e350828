"""Advise: what is advised can be taken, and is forgotten with the image that it is of."""

from __future__ import annotations

from pathlib import Path

import pytest

from skyseg.errors import ParameterError
from skyseg.panel.advice_box import advise_band
from skyseg.panel.controls import Panel
from skyseg.panel.session import Session


def test_advice_is_taken_into_the_session(imaging_dir: Path) -> None:
    session = Session(data_dir=imaging_dir, survey="UDS-B", version="v1", band="F444W")
    session.parameters = session.parameters.replace(deblend_mincont=0.02)
    box = Panel(session, "ipynb").advice
    box.purity.value = 0.95
    assert not box.take.visible
    found = advise_band(lambda *_: None, *box.plan())
    assert box.show(found) == f"UDS-B F444W: {found}"
    assert found.asked == 0.95
    assert box.take.visible
    box.take.changed.emit(True)
    assert session.parameters.detect_thresh == found.best.thresh
    assert session.parameters.deblend_mincont == 0.02
    assert session.err_type == found.err_type
    assert not box.take.visible
    box.show(found)
    session.band = "F115W"
    assert not box.take.visible
    assert box.show(found).startswith("UDS-B F444W: ")
    assert not box.take.visible
    session.band = "F444W"
    box.show(found)
    assert box.take.visible
    session.mask = True
    box.show(found)
    assert not box.take.visible


def test_one_band_is_advised_on(imaging_dir: Path) -> None:
    session = Session(data_dir=imaging_dir, survey="UDS-B", version="v1")
    box = Panel(session, "ipynb").advice
    with pytest.raises(ParameterError, match="each band has a threshold of its own"):
        box.plan()
    session.band = "F444W"
    session.use_parameter_set("hot+cold")
    with pytest.raises(ParameterError, match="two passes"):
        advise_band(lambda *_: None, *box.plan())
