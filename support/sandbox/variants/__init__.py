"""Correct but unusual ways to keep the contract: the suite must accept them all.

Importing the package imports its modules, which register their variants.
"""

from importlib import import_module
from pkgutil import iter_modules

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")
