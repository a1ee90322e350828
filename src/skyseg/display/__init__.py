"""Arrays made ready to be looked at: scaled, coloured, binned, in pyramids."""
