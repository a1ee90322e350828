"""How surveys name their files, where role and band stand at places of their own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from skyseg.imaging.names import Role, stem


@dataclass(frozen=True)
class NamedFile:
    """What the name of a survey's file tells.

    Attributes
    ----------
    role : {"SCI", "ERR", "WHT"} or None
        What its map is; None for flags, models and the like.
    band : str
        Its band as the name writes it; empty where it has none.
    instrument : str
        The camera, where all files of that form are of one; else empty.
    """

    role: Role | None
    band: str
    instrument: str


@dataclass(frozen=True)
class _Form:
    """A form of names: in it the group ``band`` is the band and ``role`` tells the role."""

    pattern: str
    roles: Mapping[str, Role] = field(default_factory=lambda: {"": "SCI"})
    instrument: str = ""

    def read(self, name: str) -> NamedFile | None:
        match = re.fullmatch(self.pattern, name)
        if match is None:
            return None
        found = match.groupdict(default="")
        return NamedFile(
            self.roles.get(found.get("role", "")), found.get("band", ""), self.instrument
        )


_FORMS = (
    # Euclid MER and Q1: EUC_MER_BGSUB-MOSAIC-NIR-Y_TILE1-A_..., EUC_MER_MOSAIC-VIS-RMS_TILE1-...
    _Form(
        r"euc_mer_(bgsub-)?mosaic-(?P<band>[^_]+?)(-(?P<role>rms|flag))?(_.*)?",
        {"": "SCI", "rms": "ERR"},
    ),
    # Legacy Surveys: legacysurvey-1351p102-image-g
    _Form(
        r".+[-_](?P<role>image|invvar|(blob)?model|chi2|(gal)?depth|nexp|psfsize)"
        r"[-_](?P<band>[ugrizy]|w[1-4])",
        {"image": "SCI", "invvar": "WHT"},
    ),
    # HSC: calexp-HSC-I-9813-5,4, 2-cutout-HSC-I-9813-pdr3_wide
    _Form(
        r"(deepcoadd[-_]calexp|calexp|(\d+-)?cutout)-(?P<band>hsc-[a-z]\d?|nb\d+)-\d.*",
        instrument="HSC",
    ),
    # Rubin's pipelines: deepCoadd_calexp_9813_54_i_hsc_rings_v1
    _Form(r"deep_?coadd(_calexp|_predetection)?_\d+_\d+_(?P<band>[ugrizy])(_.*)?"),
    # KiDS: KiDS_DR4.0_130.0_-0.5_r_sci
    _Form(
        r"kids_dr[\d.]+_[-\d.]+_[-\d.]+_(?P<band>[ugri])\d?_(?P<role>sci|wei|msk)",
        {"sci": "SCI", "wei": "WHT"},
        "OmegaCAM",
    ),
    # DES: DES0219-0541_r4920p01_g
    _Form(r"des\d{4}[-+]\d{4}_r\d+p\d+_(?P<band>[ugrizy])(_.*)?", instrument="DECam"),
    # CFHTLS: CFHTLS_D_g_022539-042940_T0007_MEDIAN
    _Form(
        r"cfhtls_[dw](-\d+)?_(?P<band>[ugriyz])_.*?(?P<role>[._]weight)?",
        {"": "SCI", ".weight": "WHT", "_weight": "WHT"},
        "MegaCam",
    ),
    # UltraVISTA: UVISTA_Ks_15_12_15_allpaw_skysub_015_dr3_rc_v5
    _Form(
        r"uvista_(?P<band>nb118|ks|[yjh])_.*?(?P<role>[._]weight)?",
        {"": "SCI", ".weight": "WHT", "_weight": "WHT"},
        "VIRCAM",
    ),
    # Pan-STARRS: rings.v3.skycell.1405.053.stk.r.unconv, whose .wt is a variance
    _Form(
        r"rings\.v\d\.skycell\.\d+\.\d+\.stk\.(?P<band>[grizy])\.unconv(\.(?P<role>\w+))?",
        {"": "SCI", "wt": "ERR"},
        "GPC1",
    ),
    # SDSS: frame-r-003918-3-0213
    _Form(r"frame-(?P<band>[ugriz])-\d+-\d-\d+"),
    # unWISE: unwise-1497p015-w1-img-m
    _Form(
        r"unwise-\w+-(?P<band>w[1-4])-(?P<role>img|invvar|std|n|frames|mask)(-[mu])?",
        {"img": "SCI", "invvar": "WHT"},
    ),
    # AllWISE: 1497p015_ac51-w1-int-3
    _Form(
        r"\w+-(?P<band>w[1-4])-(?P<role>int|unc|cov)-\d",
        {"int": "SCI", "unc": "ERR"},
    ),
)


def find_layout(path: Path) -> NamedFile | None:
    """Read the name of a file that has the form of a survey's; None where it has none.

    Examples
    --------
    >>> find_layout(Path("EUC_MER_MOSAIC-NIR-H-RMS_TILE102018211-3A_20241018T1_00.00.fits"))
    NamedFile(role='ERR', band='nir-h', instrument='')
    >>> find_layout(Path("uds-b-f444w_sci.fits")) is None
    True
    """
    name = stem(path).lower()
    return next((found for form in _FORMS if (found := form.read(name)) is not None), None)
