"""Edits of a segmentation map as data: operations, their journal, and how it is replayed."""
