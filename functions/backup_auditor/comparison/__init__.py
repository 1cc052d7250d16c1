"""What another policy would change: two audits of the same data, side by side. Pure."""
