"""The voting page: one decision per screen, and nothing of the voter before."""
