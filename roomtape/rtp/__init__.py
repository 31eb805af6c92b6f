"""Pure functions from RTP bytes to values: no clock, no IO, standard library only."""
