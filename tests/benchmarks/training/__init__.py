"""Trains the models of `digest.takeaways` on a corpus of judged reviews; no part of the program."""
