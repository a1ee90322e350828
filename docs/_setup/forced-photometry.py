import shutil

from skyseg import Data

data = Data.from_survey_version("sample", "v1")
data["F444W"].segment()
shutil.copyfile(data["F444W"].seg_path, "edited_seg.fits")
