"""What the scatter of values is told from."""

from __future__ import annotations

from typing import Final

SIGMA_OF_MAD: Final = 1.482602218505602
"""Standard deviation of values of a normal distribution over their median absolute deviation."""
