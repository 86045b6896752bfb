"""The residents' plain pages: drawn by the server, whole without scripts; no Streamlit, and nothing heavy to import.

``residents.ROUTES`` holds them all; ``renovation.server`` serves them beside the app.
"""
