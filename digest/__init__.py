"""Trackers → takeaways → insights → edition → render → delivery: what a month of incidents taught."""

__version__ = "0.1.0"
