"""The report of a run in its forms."""
