"""Participatory planning for renewing old residential estates."""

__version__ = "0.1.0"
