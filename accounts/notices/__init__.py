"""What our own people are told: kinds of it, who is, and when it is mailed or posted into their chat."""
