"""What the replays of other projects' threads stand on."""
