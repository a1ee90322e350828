"""Benchmarks that keep their names over the years, for ``asv run``."""
