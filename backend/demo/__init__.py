"""The living demonstration: an invented shop whose weeks follow from the calendar, as bytes of real formats.

Nothing in it is made to look right on a screen: everything goes through the ordinary feeds and store.
"""
