"""What happens on the canvas: camera, cursor, selected sources, preview, grid of bands."""
