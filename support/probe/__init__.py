"""Draft the profile of a target from what it answers to a few users of the probe, with the evidence for each value.

Discovery asks what a run of the suite has to know beforehand; a run then finds what deviates. Every user that the probe
creates carries the mark of its run, is in the journal before the request is sent, and is deleted. The collection
receives nothing but GET and POST, and no POST that could store something that nobody can delete.
"""
