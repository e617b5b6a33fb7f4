"""What operators and gateways would have shown over a time: pages of their own collectors, as blocks.

`pages` makes the pages of a desk that is well and of one in trouble, `blocks` a TSDB of them.
"""
