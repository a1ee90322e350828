"""The default engine gives the bytes that it gave at commit 791e373.

The sums below were made by that commit from the files in tests/data. A sum that changes is a
change of what users get for the same input: it is decided and told, never only written down here.
"""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from skyseg import Data
from skyseg.engine.types import ErrType

# (survey, band, error type): sources, and the sums of labels, background and catalogue columns
SUMS: dict[tuple[str, str, ErrType], tuple[int, str, str, str]] = {
    ("UDS-B", "F115W", "rms_err"): (50, "e3492cfbffe5348c", "8bd90e0a8da1006e", "3ba02cd2d9b07fee"),
    ("UDS-B", "F115W", "wht"): (50, "311bb9ab23e476a7", "8bd90e0a8da1006e", "39890e4f9d414f4c"),
    ("UDS-B", "F444W", "rms_err"): (42, "e104cead1884eb3f", "7548a1bf85a8efd6", "522b9d691c5252b0"),
    ("UDS-B", "F444W", "wht"): (45, "88a3ec27b0c18b37", "7548a1bf85a8efd6", "9dc0bdc058cfb703"),
    ("XDF", "F105W", "rms_err"): (22, "6184adfc7f04fa3e", "8c704dab49858588", "a37a4d034201b350"),
    ("XDF", "F105W", "wht"): (30, "a96c4dc548d2e822", "8c704dab49858588", "ec0a39c460e7f6bf"),
    ("XDF", "F160W", "rms_err"): (19, "a7d0ba78d99815c3", "e5567237d9e96474", "4cd7872ca946aa46"),
    ("XDF", "F160W", "wht"): (30, "aadd6117392d07c6", "e5567237d9e96474", "16f1097610f52cb5"),
}


@pytest.mark.parametrize(("survey", "band", "err_type"), SUMS)
def test_maps_and_catalogue_keep_the_bytes_of_commit_791e373(
    imaging_dir: Path, survey: str, band: str, err_type: ErrType
) -> None:
    made = Data.from_survey_version(survey, "v1", data_dir=imaging_dir)[band]
    made.segment(err_type)
    catalogue = made.load_cat()
    columns = b"".join(
        name.encode() + np.asarray(getattr(catalogue[name], "value", catalogue[name])).tobytes()
        for name in catalogue.colnames
    )
    content = made.load_seg().tobytes(), made.load_bkg().tobytes(), columns
    sums = [sha256(each).hexdigest()[:16] for each in content]
    assert (len(catalogue), *sums) == SUMS[survey, band, err_type]
