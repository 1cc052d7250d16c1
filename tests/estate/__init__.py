"""A whole estate on loopback: UCloud, AWS over three accounts and two regions, files in a bucket."""
