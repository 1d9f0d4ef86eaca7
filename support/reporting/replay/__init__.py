"""Scripts that repeat a failed scenario with users of their own, and say whether the fault is still there."""
