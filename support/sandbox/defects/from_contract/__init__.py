"""Defects that were written from the contract alone, by people who had not seen the suite.

Importing the package imports its modules, which register their defects.
"""

from importlib import import_module
from pkgutil import iter_modules

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")
