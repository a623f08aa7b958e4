"""What goes to a receiver, and what its answer means: rendering, authentication, the retry rule (`judging`)."""
