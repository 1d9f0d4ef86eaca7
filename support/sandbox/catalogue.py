"""All variants and defects: importing their modules registers them."""

from support.sandbox import variants
from support.sandbox.twists import DEFECTS, VARIANTS

__all__ = ["DEFECTS", "VARIANTS", "variants"]
