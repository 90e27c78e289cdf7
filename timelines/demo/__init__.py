"""A small community, made up, for a new installation: who they are, whom they follow, what they said and drew."""
