"""Imitations of known services that keep only a part of the contract."""
