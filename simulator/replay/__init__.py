"""Stories: written once, replayed against any receiver, told in one file."""
