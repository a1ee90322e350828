"""The napari plugin: survey imaging read, segmented, questioned and compared in a window."""
