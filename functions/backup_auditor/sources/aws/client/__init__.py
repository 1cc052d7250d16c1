"""AWS accounts and regions, pages to the end, failures with their reasons, resources by ARN."""
