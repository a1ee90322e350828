"""Masks: what is known against the pixels of an image, as bits of one map."""
