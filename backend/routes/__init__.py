"""Routes of the HTTP contract: thin handlers around inference and stores."""
