from pathlib import Path

Path("survey.sex").write_text(
    "DETECT_THRESH 2.0\nDETECT_MINAREA 9\nWEIGHT_TYPE MAP_WEIGHT\nPIXEL_SCALE 0\nBACK_TYPE AUTO\n"
    "MAG_ZEROPOINT 28.9\nPHOT_APERTURES 10,20\n"
)
Path("survey.param").write_text("NUMBER\nX_IMAGE\nY_IMAGE\nFLUX_APER(2)\nMAG_AUTO\nFLAGS\n")
