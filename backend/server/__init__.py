"""`parcours serve`: one Source over HTTP, and webhooks into its store. Needs the extra `server`."""
