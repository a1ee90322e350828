from pathlib import Path

survey = Path("data/jwst/JOF/NIRCam")
(survey / "v11").rename(survey / "mosaic_1084_wispnathan")
