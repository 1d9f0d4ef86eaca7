"""An embedded Users API that fulfils the contract: `python -m support.sandbox`.

It is a black box with a process of its own. It imports nothing of the suite, and the suite imports nothing
of it: what they share is the contract and a port.
"""
