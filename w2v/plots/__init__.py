"""Pictures of word vectors: functions that return matplotlib figures, which show themselves in a notebook.

None of them touches pyplot, so nothing is left open and no window appears.
"""
