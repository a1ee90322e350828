"""Draw the pictures of README.md and docs/ that need no window: run from the root."""

from __future__ import annotations

import tempfile
from pathlib import Path

from PIL import Image

from skyseg.cli import demo

_WIDTH = 1600


def main() -> None:
    """Run the demo in a temporary folder and keep its figure, made smaller."""
    with tempfile.TemporaryDirectory() as folder, Image.open(demo.run(Path(folder))) as figure:
        height = round(figure.height * _WIDTH / figure.width)
        small = figure.convert("RGB").resize((_WIDTH, height), Image.Resampling.LANCZOS)
        small.save("docs/images/demo.png", optimize=True)


if __name__ == "__main__":
    main()
