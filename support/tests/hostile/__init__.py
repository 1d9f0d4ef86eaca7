"""The suite against an API with hostile answers: it changes no foreign user, leaves none, and says what is wrong."""
