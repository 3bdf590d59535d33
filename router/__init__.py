"""Alertveil: alerts in, tokens instead of PHI, incidents out to the channels that may have them."""
