"""A whole estate on loopback: UCloud, AWS accounts and regions, files in a bucket."""
