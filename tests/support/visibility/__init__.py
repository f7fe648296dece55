"""What the tests of visibility stand on."""
