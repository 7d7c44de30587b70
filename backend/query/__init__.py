"""The query language: one meaning for every log, store and screen."""
