"""Wikis: a page an edition, updated in place, and an index of the editions."""
