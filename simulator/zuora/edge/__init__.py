"""How the API is spoken: admission, operations as one table, replies, pages, limits."""
