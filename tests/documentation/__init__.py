"""The examples in the documentation, run; what is printed there is what comes of them."""
