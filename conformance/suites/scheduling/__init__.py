"""Who gets accelerators, when, and at whose cost."""
