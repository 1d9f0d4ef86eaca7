"""All variants and defects: importing their modules registers them."""

from support.sandbox import defects, variants
from support.sandbox.twists import DEFECTS, VARIANTS

__all__ = ["DEFECTS", "VARIANTS", "defects", "variants"]
