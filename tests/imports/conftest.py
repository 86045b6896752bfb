"""Lets the tests of one folder share what makes their files."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
