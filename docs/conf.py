"""How Sphinx builds the site: ``make docs``."""

from __future__ import annotations

import os
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_ext"))

from example_folder import prepare_kernels  # noqa: E402

import skyseg  # noqa: E402

project = "skyseg"
author = "The skyseg developers"
project_copyright = f"2026, {author}"
release = version = skyseg.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.intersphinx",
    "sphinx.ext.viewcode",
    "numpydoc",
    "myst_nb",
    "sphinx_copybutton",
    "sphinx_design",
    "executed",
    "columns",
]
exclude_patterns = ["_build", "_setup", "_ext"]
nitpicky = False
suppress_warnings = ["myst.header"]

autodoc_preserve_defaults = True
autodoc_typehints = "none"
autodoc_member_order = "bysource"
numpydoc_show_class_members = False

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 4
nb_execution_mode = "force"
nb_execution_in_temp = True
nb_execution_timeout = 300
nb_execution_show_tb = True
nb_merge_streams = True
nb_output_stderr = "remove"
nb_mime_priority_overrides = [
    # the picture that a viewer carries, in place of a viewer that needs a kernel
    ("html", "image/png", 0),
    ("html", "application/vnd.jupyter.widget-view+json", None),
    # formulas need a library from the network
    ("html", "text/latex", None),
]

# links into other projects' documents need the network, so they are asked for
intersphinx_mapping = (
    {
        "python": ("https://docs.python.org/3", None),
        "numpy": ("https://numpy.org/doc/stable", None),
        "astropy": ("https://docs.astropy.org/en/stable", None),
        "regions": ("https://astropy-regions.readthedocs.io/en/stable", None),
    }
    if os.environ.get("DOCS_LINKS")
    else {}
)

html_theme = "pydata_sphinx_theme"
html_title = "skyseg"
html_static_path = ["_static"]
html_css_files = ["skyseg.css"]
html_show_sourcelink = False
html_sidebars = {page: [] for page in ("install", "quickstart")}  # nothing beside them
html_theme_options = {
    "header_links_before_dropdown": 8,
    "navbar_align": "left",
    "navbar_end": ["theme-switcher"],
    "navigation_with_keys": False,
    "secondary_sidebar_items": ["page-toc"],
    "show_prev_next": False,
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}

prepare_kernels(HERE / "_build" / "examples")
