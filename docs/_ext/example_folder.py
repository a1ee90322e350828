"""The folder in which examples of the documents run: a survey, and files as users have them."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

SURVEY = {"bands": ("F115W", "F200W", "F277W", "F444W"), "shape": (400, 400), "n_sources": 600}

_WRITTEN = 1_767_225_600

FIRST_CELL = """import os, shutil, subprocess
shutil.copytree(os.environ["DOCS_EXAMPLE_FILES"], ".", dirs_exist_ok=True)
def _shell(_, commands):
    done = subprocess.run(["sh", "-e"], input=commands, text=True, capture_output=True)
    print(done.stdout, end="")
    if done.returncode:
        raise RuntimeError(done.stderr)
get_ipython().register_magic_function(_shell, "cell", "shell")
"""
"""What a page executes first: it works on files of its own, and knows the magic ``%%shell``."""

ALL_OUTPUTS = """import zmq
thread = get_ipython().kernel.iopub_thread
thread.schedule(lambda: thread.socket.set(zmq.XPUB_NODROP, 1))
"""
"""What kernels start with: they wait for who listens, instead of dropping what is not read."""

NO_BARS = """from functools import partialmethod
from tqdm.notebook import tqdm_notebook
tqdm_notebook.__init__ = partialmethod(tqdm_notebook.__init__, disable=True)
"""
"""What they start with too: bars are of what takes long, which differs from build to build."""


def make_example_files(folder: Path) -> None:
    """Write what examples find in their working folder.

    Parameters
    ----------
    folder : Path
        An empty folder. It gets the surveys ``sample`` v1 and ``JOF`` v11 in ``data``, and
        the maps of one band as ``f444w_i2d.fits``, ``sci.fits`` and ``wht.fits``.
    """
    from astropy.io import fits

    from skyseg.samples import make_survey

    made = make_survey(folder / "data", **SURVEY)
    make_survey(folder / "data", survey="JOF", version="v11", **SURVEY)
    image = made.images["F444W"]
    shutil.copyfile(image, folder / "f444w_i2d.fits")
    for role in ("sci", "wht"):
        pixels, header = fits.getdata(image, role.upper(), header=True)
        fits.writeto(folder / f"{role}.fits", pixels, header)
    for path in folder.rglob("*.fits"):  # products tell when their inputs were written
        os.utime(path, (_WRITTEN, _WRITTEN))


def prepare_kernels(folder: Path) -> None:
    """Have the notebooks that are started from here find these files, and no settings of a user.

    No output of theirs is lost on a busy machine, and progress bars are not shown.

    Parameters
    ----------
    folder : Path
        Where the files go. What is there is replaced.
    """
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "config").mkdir(parents=True)
    make_example_files(folder / "files")
    startup = folder / "ipython" / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (startup / "all_outputs.py").write_text(ALL_OUTPUTS, encoding="utf-8")
    (startup / "no_bars.py").write_text(NO_BARS, encoding="utf-8")
    for name in [name for name in os.environ if name.startswith("SKYSEG_")]:
        del os.environ[name]
    os.environ |= {
        "DOCS_EXAMPLE_FILES": str(folder / "files"),
        "IPYTHONDIR": str(folder / "ipython"),
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "XDG_CONFIG_HOME": str(folder / "config"),
    }
