"""placeholder"""
from typing import Any
class Crowds:
    def __init__(self, world: Any) -> None:
        self._world = world
