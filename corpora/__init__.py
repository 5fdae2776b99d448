"""Text into numbers: sources, words, counts, ids, windows and noise; knows neither torch nor vectors."""

from corpora.kernel_cache import choose_folder

choose_folder()
