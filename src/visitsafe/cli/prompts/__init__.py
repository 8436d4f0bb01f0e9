"""How a terminal asks: the wizard drawn with colours and keys, or plainly for a screen reader."""
