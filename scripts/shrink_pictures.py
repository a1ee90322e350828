"""Write the pictures in docs/images with few colours, so that they are small: run from the root.

Half of the colours are those that most pixels have, half are spread over all that there are: so
that outlines and legends keep theirs beside a grey image.
"""

from __future__ import annotations

from pathlib import Path

from PIL import Image

HALF = 56


def main() -> None:
    """Shrink those that have more colours."""
    for path in Path("docs/images").glob("*.png"):
        with Image.open(path) as picture:
            if picture.mode == "P":
                continue
            small = shrink(picture.convert("RGB"))
        small.save(path, optimize=True)


def shrink(picture: Image.Image) -> Image.Image:
    """Return a picture with few colours."""
    colours: list[int] = []
    for method in (Image.Quantize.MEDIANCUT, Image.Quantize.MAXCOVERAGE):
        colours += (picture.quantize(HALF, method).getpalette() or [])[: 3 * HALF]
    palette = Image.new("P", (1, 1))
    palette.putpalette(colours)
    return picture.quantize(palette=palette, dither=Image.Dither.NONE)


if __name__ == "__main__":
    main()
