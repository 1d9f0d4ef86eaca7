"""Deliberate defects, each against one rule of the contract: what the suite must find.

Importing the package imports its modules, and they register what they hold.
"""

from importlib import import_module
from pkgutil import iter_modules

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")
