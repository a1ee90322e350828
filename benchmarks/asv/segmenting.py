"""A simulated band, segmented; and loaded when it is there."""

from __future__ import annotations

import tempfile
from pathlib import Path

from skyseg import BandData
from skyseg.samples import make_survey


class Segment:
    """One band of 1000 x 1200 pixels."""

    params = ("rms_err", "wht")
    param_names = ("err_type",)
    timeout = 300

    def setup(self, err_type: str) -> None:
        """Make the survey, and what is to be loaded."""
        self.folder = tempfile.TemporaryDirectory()
        root = Path(self.folder.name)
        made = make_survey(root / "data", bands=("F444W",), shape=(1000, 1200))
        self.band = BandData.from_files(made.images["F444W"], work_dir=root / "work")
        self.band.segment(err_type)

    def teardown(self, err_type: str) -> None:
        """Remove it."""
        self.folder.cleanup()

    def time_segment(self, err_type: str) -> None:
        """Run, to files."""
        self.band.segment(err_type, overwrite=True)

    def time_load(self, err_type: str) -> None:
        """Load what is there."""
        self.band.segment(err_type)
        self.band.load_seg()

    def peakmem_segment(self, err_type: str) -> None:
        """Run, and count the most memory."""
        self.band.segment(err_type, overwrite=True)
