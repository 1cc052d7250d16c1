"""S3, of AWS or any server that speaks it: backups that somebody keeps as files in a bucket."""
