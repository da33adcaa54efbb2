"""What other systems post to us: checked and kept at the door, acted on by a worker."""
