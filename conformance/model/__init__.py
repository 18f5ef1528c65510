"""The nouns of Seatrial: frozen dataclasses and enums, standard library only."""
