"""Simulated participants: media encoded once, published over WHIP as often as wanted."""
