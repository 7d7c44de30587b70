"""Our own feed format, `parcours`: NDJSON or CSV in which any product can be fed.

A line is `{"v": 1, "record": "event", ...}`; a CSV has a column `record`. docs/formats/parcours.md lists
every record with what it requires. `parcours logs --format json` writes it, and reading that again
rebuilds the same rows (`encode_row`).
"""
