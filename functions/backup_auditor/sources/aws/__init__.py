"""AWS: one module a service; ``client`` speaks the API for all of them, through boto3."""
