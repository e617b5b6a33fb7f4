"""Pure rules of the gateway: exchange time, validity, logins; of a subscription its claim, feed and losses.

State machines take events with their time and return actions; nothing here awaits, logs or reads a clock.
"""
