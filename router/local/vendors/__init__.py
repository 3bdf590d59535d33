"""Small servers that speak like Slack, PagerDuty, a mail relay and a webhook receiver, for the demo and the tests."""
