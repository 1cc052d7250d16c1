"""The UCloud API client: signing, encoding, retries, concurrency, paging, tolerant parsing."""
