"""JSON: what a script of your own says of resources and their backups, in a documented form."""
