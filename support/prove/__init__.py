"""Check the suite: it has to catch every broken API, and accept every unusual but correct one.

`python -m support.prove` runs the suite from outside, as a team would, against many versions of the embedded API.
"""
