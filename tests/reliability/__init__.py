"""The promises of the project, each tried so many times: `python -m tests.reliability` runs them all."""
