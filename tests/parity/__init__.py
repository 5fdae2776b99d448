"""w2v beside gensim: what must be equal is, and scores are level."""
