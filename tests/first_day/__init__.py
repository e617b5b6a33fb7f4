"""The first day of an operator, walked by the list, with the stream beside each line: `make first-day`."""
