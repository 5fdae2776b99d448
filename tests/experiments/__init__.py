"""Experiments that answer a question of users with numbers; each is a folder with its results."""
