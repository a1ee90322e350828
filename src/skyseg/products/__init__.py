"""What a segmentation leaves on disk: names, provenance, whole files, and when to load them."""
