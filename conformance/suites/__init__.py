"""The behaviours: what a platform promises, area by area."""
