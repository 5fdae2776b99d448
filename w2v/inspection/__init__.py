"""Looking inside word vectors: what is measured, what is wrong with rows, which words stand out."""
