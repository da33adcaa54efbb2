"""Writing to people: letters in their language, as mail and SMS, each message once."""
