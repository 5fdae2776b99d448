"""Rows for another model's vocabulary: layers, tables in place, and files, with row i for its token i.

    tokens of the model -> vocabularies.py, pieces.py -> words to look up
    words               -> alignment.py, spelling.py   -> a row of the vectors for each, and the coverage
    vectors             -> projection.py               -> vectors of fewer columns
    rows                -> filling.py                  -> table, with rows for the missing
    table               -> layers.py, table_files.py

Only `layers.py` needs torch.
"""

MISSING = ("normal", "mean", "zero", "nearest-spelling")  # what a token without a row may get
TABLE_SUFFIXES = (".safetensors", ".npy")
