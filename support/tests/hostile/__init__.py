"""The suite against an API with hostile or faulty answers: it harms nobody, leaves nobody, and says what is wrong."""
