"""How good vectors are: analogies, word similarity, and which differences between vectors are real."""
