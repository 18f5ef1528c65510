"""How much GPU memory a language model needs, and where that fits."""
