"""Look at a target with a handful of harmless requests, and draft the profile of it with the evidence beside each line.

Whatever is made carries the mark of a run, is written down in the journal first, and is taken away again. Nothing is
ever sent to the collection but GET, HEAD and POST, and nothing that could not be taken away: no lists, no texts.
"""
