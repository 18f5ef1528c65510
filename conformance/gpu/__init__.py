"""The GPU layer: models as data and the device plugin that plays them."""
