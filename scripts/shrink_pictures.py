"""Write the pictures in docs/images with 128 colours, so that they are small: run from the root."""

from __future__ import annotations

from pathlib import Path

from PIL import Image


def main() -> None:
    """Shrink those that have more colours."""
    for path in Path("docs/images").glob("*.png"):
        with Image.open(path) as picture:
            if picture.mode == "P":
                continue
            small = picture.convert("RGB").quantize(128, dither=Image.Dither.NONE)
        small.save(path, optimize=True)


if __name__ == "__main__":
    main()
