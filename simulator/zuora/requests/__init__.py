"""What a request does: its effect on the resources, how it ends, and the payload that tells of it."""
