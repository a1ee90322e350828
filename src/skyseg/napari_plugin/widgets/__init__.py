"""The widgets that napari docks: Segment, Sources, Region, Difference."""
