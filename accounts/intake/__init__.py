"""Events as they come in: from what a program sends to rows that say what people did."""
