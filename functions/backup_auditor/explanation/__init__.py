"""Why a resource comes out as it does, and how long that lasts: for people who wonder. Pure."""
