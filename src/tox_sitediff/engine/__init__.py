"""What is done with one environment, in the words of all front ends."""
