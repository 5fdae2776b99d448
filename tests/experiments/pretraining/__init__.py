"""Does a translator learn better from pretrained rows than from random ones: when, and by how much?

    python -m tests.experiments.pretraining MULTI30K ENGLISH_TEXT --work DIR [--jobs 2] [--publish]

`runs.py` trains one translator of the grid, `results.jsonl` holds what each has come to, `report.py` makes a
table and a plot of them.
"""
