"""Many at once: requests that end at the same moment, and verdicts on what came of them."""
