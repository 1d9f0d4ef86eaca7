"""The HTML report: `python -m support.reporting.report`."""
