"""Names and headers of files as surveys deliver them: band, role and instrument of each."""

from __future__ import annotations

from pathlib import Path

import pytest
from astropy.io import fits

from skyseg.imaging.bands import choose_instrument, identify_band
from skyseg.imaging.instruments import BUILT_IN
from skyseg.imaging.roles import get_role_names

TILE = "TILE102018211-31E2C9_20241018T143048.358037Z_00.00.fits"
UNKNOWN = "unknown"

Layout = tuple[str, dict[str, object], str | None, str | None, str]

LAYOUTS: list[Layout] = [
    # Euclid MER and Q1
    (f"EUC_MER_BGSUB-MOSAIC-VIS_{TILE}", {}, "VIS", "SCI", "VIS"),
    (f"EUC_MER_BGSUB-MOSAIC-VIS_{TILE}", {"FILTER": "VIS"}, "VIS", "SCI", "VIS"),
    (f"EUC_MER_MOSAIC-VIS-RMS_{TILE}", {}, "VIS", "ERR", "VIS"),
    (f"EUC_MER_MOSAIC-VIS-FLAG_{TILE}", {}, "VIS", None, "VIS"),
    (f"EUC_MER_BGSUB-MOSAIC-NIR-Y_{TILE}", {}, "NIR_Y", "SCI", "NISP"),
    (f"EUC_MER_BGSUB-MOSAIC-NIR-J_{TILE}", {"FILTER": "NIR_J"}, "NIR_J", "SCI", "NISP"),
    (f"EUC_MER_BGSUB-MOSAIC-NIR-H_{TILE}", {}, "NIR_H", "SCI", "NISP"),
    (f"EUC_MER_MOSAIC-NIR-Y-RMS_{TILE}", {}, "NIR_Y", "ERR", "NISP"),
    (f"EUC_MER_MOSAIC-NIR-H-RMS_{TILE}", {"INSTRUME": "NISP"}, "NIR_H", "ERR", "NISP"),
    (f"EUC_MER_MOSAIC-NIR-J-FLAG_{TILE}", {}, "NIR_J", None, "NISP"),
    (f"EUC_MER_BGSUB-MOSAIC-DES-I_{TILE}", {"FILTER": "DECAM_i"}, "I", "SCI", "DECam"),
    (f"EUC_MER_BGSUB-MOSAIC-DES-G_{TILE}", {}, "G", "SCI", "DECam"),
    (f"EUC_MER_MOSAIC-DES-R-RMS_{TILE}", {}, "R", "ERR", "DECam"),
    (f"EUC_MER_BGSUB-MOSAIC-DECAM-Z_{TILE}", {}, "Z", "SCI", "DECam"),
    (f"EUC_MER_BGSUB-MOSAIC-HSC-G_{TILE}", {}, "HSC-G", "SCI", "HSC"),
    (f"EUC_MER_MOSAIC-HSC-Z-RMS_{TILE}", {"FILTER": "HSC_z"}, "HSC-Z", "ERR", "HSC"),
    (f"EUC_MER_BGSUB-MOSAIC-WISHES-G_{TILE}", {}, "HSC-G", "SCI", "HSC"),
    (f"EUC_MER_MOSAIC-WISHES-Z-RMS_{TILE}", {"FILTER": "WISHES_z"}, "HSC-Z", "ERR", "HSC"),
    (f"EUC_MER_BGSUB-MOSAIC-CFIS-U_{TILE}", {}, "U", "SCI", "MegaCam"),
    (f"EUC_MER_BGSUB-MOSAIC-MEGACAM-U_{TILE}", {}, "U", "SCI", "MegaCam"),
    (f"EUC_MER_BGSUB-MOSAIC-PANSTARRS-I_{TILE}", {}, "I", "SCI", "GPC1"),
    ("EUC_MER_BGSUB-MOSAIC-DESG_20161019T103022.500000Z_00.01.fits", {}, "G", "SCI", "DECam"),
    (f"EUC_MER_BGMOD-VIS_{TILE}", {}, "VIS", None, "VIS"),
    (f"EUC_MER_FINAL-SEGMAP_{TILE}", {}, None, None, UNKNOWN),
    # JWST: the pipeline at MAST
    (
        "jw01345-o001_t021_nircam_clear-f115w_i2d.fits",
        {"INSTRUME": "NIRCAM", "FILTER": "F115W", "PUPIL": "CLEAR"},
        "F115W",
        "SCI",
        "NIRCam",
    ),
    ("jw01345-o001_t021_nircam_f444w-f405n_i2d.fits", {}, "F405N", "SCI", "NIRCam"),
    ("jw01345-o001_t021_nircam_f150w2-f164n_i2d.fits", {}, "F164N", "SCI", "NIRCam"),
    ("jw01324-o001_t001_niriss_clear-f115w_i2d.fits", {}, "F115W", "SCI", "NIRISS"),
    (
        "jw01324-o001_t001_niriss_clear-f115w_i2d.fits",
        {"INSTRUME": "NIRISS", "FILTER": "CLEAR", "PUPIL": "F115W"},
        "F115W",
        "SCI",
        "NIRISS",
    ),
    ("x_sci.fits", {"INSTRUME": "NIRISS", "FILTER": "F356W", "PUPIL": "CLEARP"}, "F356W", "SCI",
     "NIRISS"),
    ("jw01837-o003_t003_miri_f770w_i2d.fits", {}, "F770W", "SCI", "MIRI"),
    # grizli and the DAWN JWST Archive
    ("ceers-full-grizli-v7.2-f115wn-clear_drc_sci.fits.gz", {}, "F115W", "SCI", "NIRISS"),
    ("ngdeep-grizli-v7.2-f200wn-clear_drc_wht.fits.gz", {}, "F200W", "WHT", "NIRISS"),
    ("x-grizli_sci.fits", {"INSTRUME": "NIRISS", "FILTER": "F150WN-CLEAR"}, "F150W", "SCI",
     "NIRISS"),
    ("x-f277wn-clear_drc_sci.fits", {"FILTER": "F277WN-CLEAR"}, "F277W", "SCI", "NIRISS"),
    ("gds-grizli-v7.2-f444w-clear_drc_sci.fits.gz", {}, "F444W", "SCI", UNKNOWN),
    (
        "gds-grizli-v7.2-f444w-clear_drc_wht.fits.gz",
        {"INSTRUME": "NIRCAM", "FILTER": "F444W-CLEAR"},
        "F444W",
        "WHT",
        "NIRCam",
    ),
    ("primer-uds-south-grizli-v7.0-f606w_drz_sci.fits", {"INSTRUME": "ACS"}, "F606W", "SCI",
     "ACS_WFC"),
    ("gds-grizli-v7.2-f444w-clear_drc_exp.fits.gz", {}, "F444W", None, UNKNOWN),
    # JWST surveys
    ("hlsp_jades_jwst_nircam_goods-s-deep_f444w_v2.0_drz.fits", {}, "F444W", "SCI", "NIRCam"),
    ("hlsp_jades_jwst_miri_goods-s_f770w_v1.0_i2d.fits", {}, "F770W", "SCI", "MIRI"),
    ("hlsp_ceers_jwst_nircam_nircam1_f115w_v0.5_i2d.fits.gz", {}, "F115W", "SCI", "NIRCam"),
    ("ceers_nircam1_f356w_v0.51_i2d.fits.gz", {}, "F356W", "SCI", "NIRCam"),
    ("primer_uds_nircam_v0.50_f444w_30mas_sci.fits", {}, "F444W", "SCI", "NIRCam"),
    ("primer_uds_nircam_v0.50_f444w_30mas_rms.fits", {}, "F444W", "ERR", "NIRCam"),
    ("primer_cosmos_acs_v0.50_f814w_30mas_wht.fits", {}, "F814W", "WHT", "ACS_WFC"),
    ("mosaic_nircam_f277w_COSMOS-Web_30mas_A1_v0_8_sci.fits", {}, "F277W", "SCI", "NIRCam"),
    ("mosaic_nircam_f277w_COSMOS-Web_30mas_A1_v0_8_err.fits", {}, "F277W", "ERR", "NIRCam"),
    # HST: MAST and high-level science products
    (
        "jbxr01q9q_flt.fits",
        {"INSTRUME": "ACS", "DETECTOR": "WFC", "FILTER1": "CLEAR1L", "FILTER2": "F814W"},
        "F814W",
        None,
        "ACS_WFC",
    ),
    ("hst_12064_01_acs_wfc_f814w_drz.fits", {"FILTER": "CLEAR1L;F814W"}, "F814W", "SCI",
     "ACS_WFC"),
    ("icau01010_drz.fits", {"INSTRUME": "WFC3", "DETECTOR": "IR", "FILTER": "F160W"}, "F160W",
     "SCI", "WFC3_IR"),
    ("icau01010_drc.fits", {"INSTRUME": "WFC3", "DETECTOR": "UVIS", "FILTER": "F275W"}, "F275W",
     "SCI", "WFC3_UVIS"),
    ("hlsp_xdf_hst_acswfc-60mas_hudf_f435w_v1_sci.fits", {}, "F435W", "SCI", "ACS_WFC"),
    ("hlsp_xdf_hst_wfc3ir-60mas_hudf_f160w_v1_wht.fits", {}, "F160W", "WHT", "WFC3_IR"),
    ("hlsp_hlf_hst_acs-60mas_goodss_f435w_v2.0_sci.fits", {}, "F435W", "SCI", "ACS_WFC"),
    ("hlsp_hlf_hst_wfc3-60mas_goodss_f160w_v2.0_wht.fits", {}, "F160W", "WHT", "WFC3_IR"),
    ("hlsp_hlf_hst_wfc3-60mas_goodss_f275w_v2.0_sci.fits", {}, "F275W", "SCI", "WFC3_UVIS"),
    ("hlsp_candels_hst_acs_gs-tot-60mas_f606w_v1.0_drz.fits", {}, "F606W", "SCI", "ACS_WFC"),
    ("hlsp_candels_hst_acs_gs-tot-60mas_f606w_v1.0_rms.fits", {}, "F606W", "ERR", "ACS_WFC"),
    ("hlsp_candels_hst_wfc3_uds-tot_f160w_v1.0_drz.fits", {}, "F160W", "SCI", "WFC3_IR"),
    ("hlsp_candels_hst_wfc3_uds-tot_f160w_v1.0_wht.fits", {}, "F160W", "WHT", "WFC3_IR"),
    ("gs_all_candels_ers_udf_f160w_060mas_v0.5_rms.fits", {}, "F160W", "ERR", UNKNOWN),
    (
        "hlsp_frontier_hst_acs-30mas-selfcal_abell2744_f814w_v1.0-epoch2_drz.fits",
        {},
        "F814W",
        "SCI",
        "ACS_WFC",
    ),
    ("hlsp_clash_hst_wfc3ir-65mas_a209_f105w_v1_wht.fits", {}, "F105W", "WHT", "WFC3_IR"),
    ("hlsp_relics_hst_acs-60mas_abell1758_f606w_v1_drz.fits", {}, "F606W", "SCI", "ACS_WFC"),
    ("goodss_3dhst.v4.0.F160W_orig_sci.fits.gz", {}, "F160W", "SCI", UNKNOWN),
    ("goodss_3dhst.v4.0.F160W_orig_wht.fits.gz", {}, "F160W", "WHT", UNKNOWN),
    ("h_sz_sect23_v2.0_drz_img.fits", {"FILTER": "F850LP"}, "F850LP", "SCI", UNKNOWN),
    ("acs_I_030mas_077_sci.fits", {"FILTER1": "CLEAR1L", "FILTER2": "F814W"}, "F814W", "SCI",
     "ACS_WFC"),
    # Legacy Surveys
    ("legacysurvey-1351p102-image-g.fits.fz", {}, "G", "SCI", UNKNOWN),
    ("legacysurvey-1351p102-invvar-r.fits.fz", {}, "R", "WHT", UNKNOWN),
    ("legacysurvey-1351p102-image-z.fits.fz", {"FILTER": "z"}, "Z", "SCI", UNKNOWN),
    ("legacysurvey-1351p102-model-g.fits.fz", {}, "G", None, UNKNOWN),
    ("legacysurvey-1351p102-chi2-g.fits.fz", {}, "G", None, UNKNOWN),
    ("legacysurvey-1351p102-image-W1.fits.fz", {}, "W1", "SCI", UNKNOWN),
    ("decals-1351p102-image-g.fits", {}, "G", "SCI", "DECam"),
    # DES
    ("DES0219-0541_r4920p01_g.fits.fz", {}, "G", "SCI", "DECam"),
    (
        "DES0219-0541_r4920p01_z_nobkg.fits.fz",
        {"FILTER": "z DECam SDSS c0004 9260.0 1520.0"},
        "Z",
        "SCI",
        "DECam",
    ),
    ("c4d_140819_osi_g_v1.fits", {"INSTRUME": "DECam", "FILTER": "g DECam SDSS c0001 4720.0"},
     "G", None, "DECam"),
    ("x.fits", {"FILTER": "Y DECam c0005 10095.0 1130.0"}, "Y", None, "DECam"),
    # HSC and Rubin
    ("calexp-HSC-I-9813-5,4.fits", {}, "HSC-I", "SCI", "HSC"),
    ("calexp-HSC-R2-9813-5,4.fits", {}, "HSC-R2", "SCI", "HSC"),
    ("calexp-NB0921-9813-5,4.fits", {}, "NB0921", "SCI", "HSC"),
    ("cutout-HSC-G-9813-pdr3_wide-150417-010000.fits", {}, "HSC-G", "SCI", "HSC"),
    ("4-cutout-HSC-I-9813-s21a_wide.fits", {}, "HSC-I", "SCI", "HSC"),
    ("2-cutout-NB0816-9813-pdr3_dud.fits", {}, "NB0816", "SCI", "HSC"),
    ("deepCoadd_calexp_9813_54_i_hsc_rings_v1.fits", {}, "HSC-I", "SCI", "HSC"),
    ("x.fits", {"INSTRUME": "Hyper Suprime-Cam", "FILTER": "HSC-Z"}, "HSC-Z", None, "HSC"),
    ("deepCoadd_453_24_r_lsst_cells_v1.fits", {"INSTRUME": "LSSTComCam"}, "R", "SCI", "LSSTCam"),
    # KiDS, CFHT, VISTA
    ("KiDS_DR4.0_130.0_-0.5_r_sci.fits", {}, "R", "SCI", "OmegaCAM"),
    ("KiDS_DR4.0_130.0_-0.5_u_wei.fits", {}, "U", "WHT", "OmegaCAM"),
    ("KiDS_DR4.0_130.0_-0.5_g_msk.fits", {}, "G", None, "OmegaCAM"),
    ("x_sci.fits", {"INSTRUME": "OMEGACAM", "FILTER": "r_SDSS"}, "R", "SCI", "OmegaCAM"),
    ("CFHTLS_D-25_g_022539-042940_T0007_MEDIAN.fits", {}, "G", "SCI", "MegaCam"),
    ("CFHTLS_W_i_021800-051000_T0007.weight.fits", {}, "I", "WHT", "MegaCam"),
    ("coadd.fits", {"INSTRUME": "MegaPrime", "FILTER": "i.MP9702"}, "I", None, "MegaCam"),
    ("CFIS.254.263.r.fits", {"INSTRUME": "MegaPrime"}, "R", None, "MegaCam"),
    ("CFIS.254.263.r.weight.fits.fz", {}, "R", "WHT", "MegaCam"),
    ("UVISTA_Ks_15_12_15_allpaw_skysub_015_dr3_rc_v5.fits", {}, "KS", "SCI", "VIRCAM"),
    ("UVISTA_J_15_12_15_allpaw_skysub_015_dr3_rc_v5.weight.fits", {}, "J", "WHT", "VIRCAM"),
    ("video_sci.fits", {"INSTRUME": "VIRCAM", "HIERARCH ESO INS FILT1 NAME": "Ks"}, "KS", "SCI",
     "VIRCAM"),
    # Pan-STARRS, SDSS, WISE, Spitzer, SWarp
    ("rings.v3.skycell.1405.053.stk.r.unconv.fits", {}, "R", "SCI", "GPC1"),
    ("rings.v3.skycell.1405.053.stk.r.unconv.wt.fits", {}, "R", "ERR", "GPC1"),
    ("rings.v3.skycell.1405.053.stk.r.unconv.mask.fits", {}, "R", None, "GPC1"),
    ("x_sci.fits", {"INSTRUME": "GPC1", "FILTER": "g.00000"}, "G", "SCI", "GPC1"),
    ("frame-r-003918-3-0213.fits", {"FILTER": "r"}, "R", "SCI", UNKNOWN),
    ("unwise-1497p015-w1-img-m.fits", {}, "W1", "SCI", UNKNOWN),
    ("unwise-1497p015-w2-invvar-m.fits.gz", {}, "W2", "WHT", UNKNOWN),
    ("1497p015_ac51-w1-int-3.fits", {"BAND": 1}, "W1", "SCI", UNKNOWN),
    ("1497p015_ac51-w1-unc-3.fits.gz", {}, "W1", "ERR", UNKNOWN),
    ("goodss_irac_ch1_sci.fits", {}, "CH1", "SCI", "IRAC"),
    ("goodss_irac_ch2_unc.fits", {"INSTRUME": "IRAC"}, "CH2", "ERR", "IRAC"),
    ("coadd.weight.fits", {"FILTER": "Cousins R"}, "COUSINS_R", "WHT", UNKNOWN),
    ("a370II.fits", {"FILTER": "I 8321/1950 A  #1808", "INSTRUME": "FOCAM"}, "I_8321_1950_A_1808",
     None, UNKNOWN),
    # cards that are no filter
    ("jof_f444w_seg.fits", {"FILTER": True}, "F444W", None, UNKNOWN),
    ("x_sci.fits", {"FILTER": 3}, None, "SCI", UNKNOWN),
    ("x_sci.fits", {"FILTER": "N/A", "PUPIL": "IMAGING"}, None, "SCI", UNKNOWN),
]  # fmt: skip


@pytest.mark.parametrize(("name", "cards", "band", "role", "instrument"), LAYOUTS)
def test_a_file_as_delivered_tells_band_role_and_instrument(
    name: str, cards: dict[str, object], band: str | None, role: str | None, instrument: str
) -> None:
    path, headers = Path(name), [fits.Header(cards)]
    found = choose_instrument(headers, path, BUILT_IN)
    assert (identify_band(headers, path, found), get_role_names().of_file(path), found.name) == (
        band,
        role,
        instrument,
    )


def test_no_layout_is_listed_twice() -> None:
    assert len({(name, *cards.items()) for name, cards, *_ in LAYOUTS}) == len(LAYOUTS) >= 100
