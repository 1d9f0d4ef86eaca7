"""Many at once: requests that are released together by their last byte, and verdicts on what came of them."""
