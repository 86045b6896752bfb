"""What exists: frozen dataclasses, enums, ids, money, stages, permissions."""
