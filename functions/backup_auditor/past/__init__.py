"""What the records of past audits say, over days: histories, and compliance. Pure."""
