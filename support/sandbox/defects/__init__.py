"""Deliberate defects, each against one rule of the contract: the suite must find them all.

Importing the package imports its modules, which register their defects.
"""

from importlib import import_module
from pkgutil import iter_modules

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")
