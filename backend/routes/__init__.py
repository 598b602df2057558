"""The addresses of the HTTP contract. They only translate; backend.encoding and backend.decoding do the work."""
