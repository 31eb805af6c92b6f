"""Pure values and rules: no clock, no IO, standard library only."""
