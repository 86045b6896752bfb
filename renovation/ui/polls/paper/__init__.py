"""Keying paper ballots: the batches, one clerk's desk, differences, closing."""

from renovation.ui.polls.paper.page import paper_page

__all__ = ["paper_page"]
