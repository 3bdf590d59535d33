"""What is not known to be harmless does not pass: the detector and tokenizer, pure and without I/O."""
