"""What happens here, told to other systems over HTTP, as https://www.standardwebhooks.com describes it."""
