"""Stand-ins for the services of continuous integration: what runs the steps of a recipe here, as they would there."""
