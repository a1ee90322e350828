"""Examples of plain Markdown pages, executed when the pages are built.

A block of ``python`` is executed and followed by its output; so is a block of ``sh`` all of
whose commands are ``skyseg ...``. What is only to be read is a ``{code-block}``. Names that
a page takes as known are made by ``_setup/{page}.py``, which nobody sees.

Outputs are shown as every build has them: the temporary folder in which a page is executed is
``/home/you/survey``; times, the seconds that bands took and numbers of tables are left out.
"""

from __future__ import annotations

import re
import tempfile
from functools import partialmethod
from pathlib import Path
from typing import Any

from docutils import nodes
from example_folder import FIRST_CELL
from nbclient import NotebookClient
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

_NOTEBOOK = "---\nfile_format: mystnb\nkernelspec:\n  name: python3\n---\n"
_BLOCK = re.compile(r"^```(python|sh)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_PATIENCE = 120
_SHELL = "%%shell\n"
_FOLDER = re.compile(rf"(?:/private)?{re.escape(tempfile.gettempdir())}/tmp\w{{8}}")
_SHOWN_FOLDER = "/home/you/survey"
_TABLE = re.compile(r'<table id="table\d+"')
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?")
_SECONDS = re.compile(r"^(.* )SECONDS$((?:\n.{2,})*)", re.MULTILINE)


def calls_skyseg_alone(block: str) -> bool:
    r"""Tell whether all commands of a block for the shell are ``skyseg ...``.

    Examples
    --------
    >>> calls_skyseg_alone("# one\nskyseg info sample v1\n"), calls_skyseg_alone("make test")
    (True, False)
    """
    lines = [line for line in block.splitlines() if line and not line.startswith("#")]
    return all(line.startswith("skyseg ") for line in lines)


def _as_cell(block: re.Match[str]) -> str:
    language, text = block.groups()
    if language == "python":
        return f"```{{code-cell}} ipython3\n{text}```"
    return f"```{{code-cell}} ipython3\n{_SHELL}{text}```" if calls_skyseg_alone(text) else block[0]


def make_notebook(page: str, setup: str = "") -> str:
    """Turn a Markdown page with examples into the text of a notebook.

    Parameters
    ----------
    page : str
        The page.
    setup : str, optional
        Python that is executed before the first example, unseen.

    Returns
    -------
    str
        The page as it was where it has no example to execute.
    """
    notebook = _BLOCK.sub(_as_cell, page)
    if notebook == page:
        return page
    hidden = f"```{{code-cell}} ipython3\n:tags: [remove-cell]\n{FIRST_CELL}{setup}\n```\n\n"
    return f"{_NOTEBOOK}{hidden}{notebook}"


def _read_source(app: Sphinx, name: str, source: list[str]) -> None:
    path = Path(app.env.doc2path(name))
    if path.suffix != ".md":
        return
    setup = Path(app.srcdir) / "_setup" / f"{Path(name).name}.py"
    app.env.note_dependency(setup)
    unseen = setup.read_text(encoding="utf-8") if setup.exists() else ""
    source[0] = make_notebook(source[0], unseen)


def hide_what_varies(output: str) -> str:
    r"""Return an output as every build has it.

    Examples
    --------
    >>> print(hide_what_varies("BAND   SECONDS\n-----  -------\nF444W  0.25\nin ./work"))
    BAND   SECONDS
    -----  -------
    F444W  …
    in ./work
    """

    def hide(table: re.Match[str]) -> str:
        at = len(table[1])
        rows = (row[:at] + re.sub(r"^[\d.]+$", "…", row[at:]) for row in table[2].split("\n"))
        return f"{table[1]}SECONDS" + "\n".join(rows)

    for pattern, shown in ((_FOLDER, _SHOWN_FOLDER), (_TABLE, "<table"), (_TIME, "…")):
        output = pattern.sub(shown, output)
    return _SECONDS.sub(hide, output)


def _hide_in_outputs(app: Sphinx, doctree: nodes.document) -> None:
    """Show outputs as every build has them."""
    for output in doctree.findall(_is_output):
        for node in output.findall(_is_text):
            text = hide_what_varies(node.astext())
            node.rawsource, node.children = text, [nodes.Text(text)]


def _is_output(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Element) and node.get("nb_element") == "cell_code_output"


def _is_text(node: nodes.Node) -> bool:
    return isinstance(node, nodes.literal_block | nodes.raw)


class _ShellBlocks(SphinxPostTransform):
    """Show commands for the shell as one types them."""

    default_priority = 5

    def run(self, **_: Any) -> None:
        """Take the first lines, which are the kernel's, away."""
        for block in self.document.findall(nodes.literal_block):
            text = block.astext()
            if text.startswith(_SHELL):
                shown = text.removeprefix(_SHELL)
                block.replace_self(nodes.literal_block(shown, shown, language="sh"))


def _leave_widgets_out(app: Sphinx, doctree: nodes.document) -> None:
    """Keep the state of widgets, all that they show, out of a page: pictures stand for them."""
    app.env.nb_metadata.get(app.env.docname, {}).pop("js_files", None)


def wait_for_outputs() -> None:
    """Have outputs that come late waited for, which are lost else on a machine that is busy."""
    waiting = {"iopub_timeout": _PATIENCE, "raise_on_iopub_timeout": True}
    NotebookClient.__init__ = partialmethod(NotebookClient.__init__, **waiting)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    wait_for_outputs()
    app.connect("source-read", _read_source)
    app.connect("doctree-read", _leave_widgets_out)
    app.connect("doctree-read", _hide_in_outputs)
    app.add_post_transform(_ShellBlocks)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
