"""Allure results: the repairs that the formatter needs, and the evidence that goes with each step.

Imported only where the Allure formatter is in use.
"""
