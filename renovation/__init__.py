"""Participatory planning for renewing old residential estates."""

__version__ = "1.0.0"
