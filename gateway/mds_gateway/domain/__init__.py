"""Pure rules of the gateway: exchange time, validity, the log, the publication of one subscription, logins.

State machines take events with their time and return actions; nothing here awaits, logs or reads a clock.
"""
