"""An embedded Users API that fulfils the contract: `python -m support.sandbox`.

It is a black box in a separate process. It imports nothing of the suite, and the suite imports nothing of it: they
share only the contract and a port.
"""
