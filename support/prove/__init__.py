"""The suite is judged: broken APIs that it must catch, unusual ones that it must accept.

`python -m support.prove` runs the suite from outside, as a team would, against the embedded API in many shapes.
"""
