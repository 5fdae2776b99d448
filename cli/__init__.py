"""The command line: one file a verb; each imports what it runs when it runs, so that --help is quick."""
