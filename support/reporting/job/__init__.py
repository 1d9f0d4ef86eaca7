"""The outcome of a run as Markdown: `python -m support.reporting.job`."""
